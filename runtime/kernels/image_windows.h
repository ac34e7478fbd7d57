// Windows that move over images: convolution and pooling.

#ifndef MTC_KERNELS_IMAGE_WINDOWS_H_
#define MTC_KERNELS_IMAGE_WINDOWS_H_

#include <cstdint>

#include "kernels/kernel.h"

namespace mtc::kernels {

// Along one axis.
struct Window {
  int64_t size;  // of the image
  int64_t kernel;
  int64_t stride;
  int64_t before;
  int64_t after;
  int64_t dilation;
};

inline constexpr int64_t kLargestWindow = 1 << 20;  // libraries have sizes of 32 bits, and sums of them

// Of a window of two axes.
inline Status CheckPixels(KernelContext& context, int64_t height, int64_t width) {
  if (height >= 1 && width >= 1 && height <= kLargestWindow && width <= kLargestWindow / height) return Status::kOk;
  return context.Fail(Status::kInvalidArgument, "a window of %lld by %lld pixels", static_cast<long long>(height),
                      static_cast<long long>(width));
}

inline Status CheckWindow(KernelContext& context, const Window& w) {
  for (const int64_t value : {w.kernel, w.stride, w.dilation}) {
    if (value < 1 || value > kLargestWindow) {
      return context.Fail(Status::kInvalidArgument, "a kernel, stride or dilation of %lld",
                          static_cast<long long>(value));
    }
  }
  for (const int64_t value : {w.before, w.after}) {
    if (value < 0 || value > kLargestWindow) {
      return context.Fail(Status::kInvalidArgument, "a padding of %lld", static_cast<long long>(value));
    }
  }
  return Status::kOk;
}

// How many places there are.
inline Status WindowCount(KernelContext& context, const Window& w, int64_t* count) {
  MTC_RETURN_IF_ERROR(CheckWindow(context, w));
  const int64_t room = w.size + w.before + w.after - w.dilation * (w.kernel - 1) - 1;
  if (room < 0) {
    return context.Fail(Status::kInvalidArgument, "the window is larger than the padded input of %lld",
                        static_cast<long long>(w.size));
  }
  *count = room / w.stride + 1;
  return Status::kOk;
}

// How large the image is that windows with `w`'s numbers make to one of w.size, with `extra` pixels after it that no
// window reaches whole.
inline Status TransposedCount(KernelContext& context, const Window& w, int64_t extra, int64_t* count) {
  MTC_RETURN_IF_ERROR(CheckWindow(context, w));
  if (extra < 0 || (extra >= w.stride && extra >= w.dilation)) {
    return context.Fail(Status::kInvalidProgram, "an output padding of %lld at stride %lld",
                        static_cast<long long>(extra), static_cast<long long>(w.stride));
  }
  constexpr int64_t kMost = int64_t{1} << 47;  // which no result has
  int64_t reach;
  const bool overflows = __builtin_mul_overflow(w.size - 1, w.stride, &reach) || reach > kMost;
  *count = overflows ? 0 : reach + w.dilation * (w.kernel - 1) + 1 + extra - w.before - w.after;
  if (w.size >= 1 && *count >= 1) return Status::kOk;
  return context.Fail(Status::kInvalidArgument, "a transposed convolution's result without a size");
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_IMAGE_WINDOWS_H_
