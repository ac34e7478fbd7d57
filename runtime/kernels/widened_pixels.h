// Images of half precision as floats: each pixel is read for many windows, and converted once.

#ifndef MTC_KERNELS_WIDENED_PIXELS_H_
#define MTC_KERNELS_WIDENED_PIXELS_H_

#include <cstdint>

#include "core/thread_pool.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

// Pixels whose channels come last; `pitch` elements from one to the next.
template <typename T>
struct Pixels {
  const T* first;
  int64_t count, channels, pitch;
};

// Elements of the room that Widen needs: none for those that are computed with as they are.
template <typename T>
int64_t WidenedSize(const Pixels<T>& pixels) {
  return kIsHalf<T> ? pixels.count * pixels.channels : 0;
}

// The pixels themselves, or floats in `room`, without gaps.
template <typename T>
Pixels<Compute<T>> Widen(ThreadPool* threads, const Pixels<T>& pixels, Compute<T>* room) {
  if constexpr (!kIsHalf<T>) {
    return pixels;
  } else {
    const int64_t channels = pixels.channels;
    ParallelFor(threads, pixels.count, (1 << 14) / channels, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const T* from = pixels.first + i * pixels.pitch;
        float* to = room + i * channels;
        int64_t j = 0;
        for (; j + kLanes <= channels; j += kLanes) Store(to + j, LoadPack(from + j));
        for (; j < channels; ++j) to[j] = static_cast<float>(from[j]);
      }
    });
    return {room, pixels.count, channels, channels};
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_WIDENED_PIXELS_H_
