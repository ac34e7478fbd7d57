// Convolutions of channels-last images as matrix products with packed weights.

#ifndef MTC_KERNELS_CHANNELS_LAST_PRODUCT_H_
#define MTC_KERNELS_CHANNELS_LAST_PRODUCT_H_

#include "kernels/channels_last_sizes.h"
#include "kernels/windows.h"

namespace MTC_PORTABLE {

// The image itself where each window is one pixel, and those follow each other; else its windows.
template <typename T>
using PixelProduct = Product<T, MatrixRows<Compute<T>, Compute<T>>, PackedPanels<Compute<T>>>;
template <typename T>
using WindowProduct = Product<T, WindowRows<Compute<T>>, PackedPanels<Compute<T>>>;

inline bool IsPointwise(const ChannelsLastSizes& s) {
  return s.window() == 1 && s.stride[1] == 1 && s.stride[2] == 1 && !s.is_padded;
}

inline WindowSizes WindowsOf(const ChannelsLastSizes& s) { return {s, s.depth, s.in_pitch}; }

inline ProductSizes ProductOf(const ChannelsLastSizes& s) {
  return {s.batch * s.positions(), s.channels, s.window() * s.depth, WindowsOf(s).run()};
}

// Bytes of scratch.
template <typename T>
size_t ChannelsLastScratch(Isa isa, const ThreadPool* threads, const ChannelsLastSizes& s) {
  return IsPointwise(s) ? MultiplyScratch<PixelProduct<T>>(isa, threads, ProductOf(s))
                        : MultiplyScratch<WindowProduct<T>>(isa, threads, ProductOf(s));
}

// `packed` are the weights as PackPanels packs them for this level.
template <typename T>
void ConvolveChannelsLast(ThreadPool* threads, const ChannelsLastSizes& s, const Compute<T>* x,
                          const Compute<T>* packed, T* out, const Finish<T>& finish, void* scratch) {
  if (IsPointwise(s)) {
    const PixelProduct<T> product = {{x, s.in_pitch}, {packed}, out, s.out_pitch, finish};
    Multiply(threads, 1, ProductOf(s), [&](int64_t) { return product; }, scratch);
  } else {
    const WindowSizes windows = WindowsOf(s);
    const WindowProduct<T> product = {{x, windows}, {packed}, out, s.out_pitch, finish};
    Multiply(threads, 1, ProductOf(s), [&](int64_t) { return product; }, scratch);
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_CHANNELS_LAST_PRODUCT_H_
