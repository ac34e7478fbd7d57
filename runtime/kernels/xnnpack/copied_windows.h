// Convolutions of images with few channels, as linear layers: XNNPACK's own pads the channels of each tap, 3 to 8 say.

#ifndef MTC_KERNELS_XNNPACK_COPIED_WINDOWS_H_
#define MTC_KERNELS_XNNPACK_COPIED_WINDOWS_H_

#include <algorithm>
#include <cstring>

#include "kernels/windows.h"
#include "kernels/xnnpack/quantized_linear.h"

namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
// `count` bytes, in moves that overlap: of a size that is known, and no remainder.
template <size_t kBytes>
MTC_INLINE void MoveTwice(const void* from, int64_t count, void* to) {
  char first[kBytes], last[kBytes];
  std::memcpy(first, from, kBytes);
  std::memcpy(last, static_cast<const char*>(from) + count - kBytes, kBytes);
  std::memcpy(to, first, kBytes);
  std::memcpy(static_cast<char*>(to) + count - kBytes, last, kBytes);
}
MTC_INLINE void CopyBytes(const void* from, int64_t count, void* to) {
  if (count > 32 || count < 4) {
    std::memcpy(to, from, static_cast<size_t>(count));
  } else if (count > 16) {
    MoveTwice<16>(from, count, to);
  } else if (count > 8) {
    MoveTwice<8>(from, count, to);
  } else {
    MoveTwice<4>(from, count, to);
  }
}

// Windows are copied one after the other, as many as stay in the cache, and multiplied with the weights.
struct CopiedWindows {
  MTC_PORTABLE::WindowSizes sizes;
  int64_t total;  // windows
  int64_t at_once;

  CopiedWindows(const MTC_PORTABLE::Spatial& spatial, const Tensor& x)
      : sizes{spatial, x.dims[3], x.pitch}, total(x.dims[0] * spatial.positions()) {
    constexpr int64_t kMostBytes = 128 << 10, kFewest = 64;
    at_once = std::min(total, std::max(kMostBytes / sizes.depth(), kFewest));
  }

  // Whether that saves enough products to be worth the copies, of whole rows of taps: as many as a processor with dot
  // products makes meanwhile.
  bool Pays(const xnn_gemm_config& config, int64_t out_channels) const {
    constexpr int64_t kLeast = 4096;  // products of a window
    if (sizes.dilation[2] != 1 || sizes.pitch != sizes.channels) return false;
    const int64_t multiple = int64_t{1} << (config.log2_kr + config.log2_sr);
    const auto padded = [&](int64_t depth) { return (depth + multiple - 1) / multiple * multiple; };
    const int64_t depth = padded(sizes.depth()), saved = sizes.window() * padded(sizes.channels) - depth;
    return 2 * saved >= depth && saved * out_channels >= kLeast;
  }

  // XNNPACK reads beyond the last row.
  int64_t scratch() const { return at_once * sizes.depth() + XNN_EXTRA_BYTES; }

  template <typename Q>
  Status Build(KernelContext& context, ChannelBlocks& state, const Conv2dArgs& args) const {
    Tensor x = *args.x, weight = *args.weight, out = *args.out;
    x.rank = weight.rank = out.rank = 2;
    x.dims[0] = out.dims[0] = at_once;
    x.dims[1] = x.pitch = weight.dims[1] = weight.pitch = sizes.depth();
    out.dims[1] = weight.dims[0];
    return BuildQuantizedLinear<Q>(context, state, {&x, &weight, args.bias, &out, args.clamp, /*dynamic=*/false});
  }

  template <typename Q, typename Step = decltype(Q::steps)>
  Status Run(KernelContext& context, const ChannelBlocks& state, const Conv2dArgs& args) const {
    auto* rows = static_cast<Step*>(context.scratch);
    for (int64_t done = 0; done < total; done += at_once) {
      const int64_t first = std::min(done, total - at_once);  // the last ones overlap those before
      ParallelFor(context.threads, at_once, kElementGrain / sizes.depth(), [&](int64_t begin, int64_t end) {
        Copy(*args.x, first + begin, end - begin, rows + begin * sizes.depth());
      });
      MTC_RETURN_IF_ERROR(RunQuantizedLinear<Q>(context, state, rows, args.out->as<Step>() + first * args.out->pitch));
    }
    return Status::kOk;
  }

 private:
  template <typename Step>
  void Copy(const Tensor& x, int64_t first, int64_t count, Step* to) const {
    constexpr int64_t kFound = 4;  // windows that are looked for at once
    const auto outside = static_cast<Step>(x.quantization->zero_point);
    MTC_PORTABLE::WindowWalk<Step> walk(x.as<const Step>(), sizes, first, 0, sizes.depth(), outside);
    MTC_PORTABLE::TileLeft<Step> inside;
    while (count > 0) {
      if (count < kFound || !walk.Find(kFound, &inside)) {
        walk.Copy(to);
        walk.Advance(1);
        to += sizes.depth();
        --count;
        continue;
      }
      for (int64_t i = 0; i < kFound; ++i) {
        const Step* from = inside.a + i * inside.pitch;
        for (int64_t k = 0; k < inside.runs.count; ++k, from += inside.runs.length + inside.runs.gap) {
          CopyBytes(from, inside.runs.length, to);
          to += inside.runs.length;
        }
      }
      walk.Advance(kFound);
      count -= kFound;
    }
  }
};
#endif

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_COPIED_WINDOWS_H_
