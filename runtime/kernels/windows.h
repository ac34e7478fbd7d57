// A convolution as a matrix product: each row of A is the window of an output position, over an image of one to three
// axes whose channels come last.

#ifndef MTC_KERNELS_WINDOWS_H_
#define MTC_KERNELS_WINDOWS_H_

#include <cstdint>

#include "kernels/gemm.h"
#include "kernels/spatial.h"

namespace MTC_PORTABLE {

struct WindowSizes : Spatial {
  int64_t channels;  // of a window
  int64_t pitch;     // elements from position to position of the image

  int64_t depth() const { return window() * channels; }
  // Steps that lie side by side in an image without gaps between its positions.
  int64_t run() const { return dilation[2] == 1 ? kernel[2] * channels : channels; }
};

// A window's steps [k, k + depth), for one output position after the other. A step is (tap, channel); those beside the
// image are `outside`.
template <typename C>
class WindowWalk {
 public:
  WindowWalk(const C* images, const WindowSizes& sizes, int64_t row, int64_t k, int64_t depth, C outside = C{0})
      : s(sizes),
        depth_(depth),
        outside_(outside),
        run_taps_(s.dilation[2] == 1 && s.pitch == s.channels ? s.kernel[2] : 1) {
    x_ = row % s.out[2];
    y_ = row / s.out[2] % s.out[1];
    z_ = row / s.out[2] / s.out[1] % s.out[0];
    image_ = images + row / s.out[2] / s.out[1] / s.out[0] * image_size();
    run_ = run_taps_ * s.channels;
    from_ = k % run_;
    const int64_t tap = k / run_ * run_taps_;
    kx_ = tap % s.kernel[2];
    ky_ = tap / s.kernel[2] % s.kernel[1];
    kz_ = tap / s.kernel[2] / s.kernel[1];
    // Whole rows of taps in one plane, or a part of one run.
    if (from_ + depth <= run_) {
      lines_ = 1;
    } else if (from_ == 0 && depth % run_ == 0 && run_taps_ == s.kernel[2] && ky_ + depth / run_ <= s.kernel[1]) {
      lines_ = depth / run_;
    }
  }

  // Where `count` windows from here on lie: in one row of the output and inside the image. False if they do not.
  MTC_INLINE bool Find(int64_t count, TileLeft<C>* left) const {
    const int64_t iz = z_ * s.stride[0] - s.before[0] + kz_ * s.dilation[0];
    const int64_t iy = y_ * s.stride[1] - s.before[1] + ky_ * s.dilation[1];
    const int64_t ix = x_ * s.stride[2] - s.before[2] + kx_ * s.dilation[2];
    if (lines_ == 0 || x_ + count > s.out[2] || iz < 0 || iz >= s.in[0] || iy < 0 ||
        iy + (lines_ - 1) * s.dilation[1] >= s.in[1] || ix < 0 ||
        ix + (count - 1) * s.stride[2] + run_taps_ > s.in[2]) {
      return false;
    }
    const int64_t length = lines_ == 1 ? depth_ : run_;
    left->a = image_ + ((iz * s.in[1] + iy) * s.in[2] + ix) * s.pitch + from_;
    left->pitch = s.stride[2] * s.pitch;
    left->runs = {length, lines_, s.dilation[1] * s.in[2] * s.pitch - length};
    return true;
  }

  // Copies the window here.
  MTC_INLINE void Copy(C* to) const {
    const int64_t z = z_ * s.stride[0] - s.before[0], y = y_ * s.stride[1] - s.before[1];
    const int64_t x = x_ * s.stride[2] - s.before[2];
    int64_t kz = kz_, ky = ky_, kx = kx_, from = from_;
    for (int64_t depth = depth_; depth > 0;) {
      const int64_t length = Least(run_ - from, depth);
      const int64_t iz = z + kz * s.dilation[0], iy = y + ky * s.dilation[1], ix = x + kx * s.dilation[2];
      // Elements of the run that lie in the image.
      int64_t begin = from + length, end = begin;
      if (iz >= 0 && iz < s.in[0] && iy >= 0 && iy < s.in[1]) {
        begin = Least(Most(from, -ix * s.channels), from + length);
        end = Most(Least((s.in[2] - ix) * s.channels, from + length), begin);
      }
      Pad(to, begin - from);
      if (end > begin) {
        CopyRun(image_ + ((iz * s.in[1] + iy) * s.in[2] + ix) * s.pitch + begin, end - begin, to + (begin - from));
      }
      Pad(to + (end - from), from + length - end);
      to += length;
      depth -= length;
      from = 0;
      kx += run_taps_;
      if (kx < s.kernel[2]) continue;
      kx = 0;
      if (++ky < s.kernel[1]) continue;
      ky = 0;
      ++kz;
    }
  }

  MTC_INLINE void Advance(int64_t count) {
    for (x_ += count; x_ >= s.out[2]; x_ -= s.out[2]) {
      if (++y_ < s.out[1]) continue;
      y_ = 0;
      if (++z_ < s.out[0]) continue;
      z_ = 0;
      image_ += image_size();
    }
  }

 private:
  int64_t image_size() const { return s.in[0] * s.in[1] * s.in[2] * s.pitch; }

  MTC_INLINE void Pad(C* to, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) to[i] = outside_;
  }
  // The last vectors overlap, so that there is no remainder.
  MTC_INLINE static void CopyRun(const C* from, int64_t count, C* to) {
    constexpr int64_t kFull = kVectorBytes / sizeof(C), kPart = 16 / sizeof(C);
    if (count >= kFull) {
      CopyVectors<kFull>(from, count, to);
    } else if (kFull > kPart && count >= kPart) {
      CopyVectors<kPart>(from, count, to);
    } else {
      for (int64_t i = 0; i < count; ++i) to[i] = from[i];
    }
  }
  template <int64_t kCount>
  MTC_INLINE static void CopyVectors(const C* from, int64_t count, C* to) {
    for (int64_t i = 0; i < count - kCount; i += kCount) __builtin_memcpy(to + i, from + i, kCount * sizeof(C));
    __builtin_memcpy(to + count - kCount, from + count - kCount, kCount * sizeof(C));
  }

  const WindowSizes& s;
  const int64_t depth_;
  const C outside_;
  const int64_t run_taps_;
  const C* image_;
  int64_t x_, y_, z_;            // of the output
  int64_t run_;                  // steps of taps that follow each other in this image
  int64_t from_, kx_, ky_, kz_;  // the first step: of its run, and that run's first tap
  int64_t lines_ = 0;            // runs of the steps, if they are whole rows of taps
};

// Windows, which are copied where they cannot be read from the image. Rows are the output positions of images one after
// the other.
template <typename C>
struct WindowRows {
  static constexpr bool kIsCopied = true;
  const C* images;
  const WindowSizes& sizes;

  WindowWalk<C> Walk(int64_t row, int64_t k, int64_t depth) const { return {images, sizes, row, k, depth}; }
};

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_WINDOWS_H_
