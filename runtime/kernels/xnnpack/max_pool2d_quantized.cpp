#include "kernels/quantized_pooling.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK's takes elements beside the window for those outside the image, which is wrong where there
// is a dilation.
namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PrepareMaxPool2dQuantized(PrepareContext& context, const MaxPool2dArgs& args) {
  if (args.layout != Layout::kNhwc) return context.Fail(Status::kInvalidProgram, "pooling: channels do not come last");
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  return MTC_PORTABLE::PreparePooling(context, args, 2, args.dilation, args.layout);
}
#endif

template <typename Q>
Status RunMaxPool2dQuantized(KernelContext& context, const MaxPool2dArgs& args) {
  using Step = decltype(Q::steps);
  const MTC_PORTABLE::PoolSizes sizes = MTC_PORTABLE::PoolSizesOf(args, args.dilation, Layout::kNhwc);
  const auto least = static_cast<Step>(StepsOf(args.out->dtype).low);
  const auto low = static_cast<Step>(QuantizedAs(*args.out, args.clamp[0]));
  const auto high = static_cast<Step>(QuantizedAs(*args.out, args.clamp[1]));
  MTC_PORTABLE::ForEachWindow<Step>(
      context, sizes, *args.x, *args.out, [&](const auto& window, int64_t, int64_t, Step* to) {
        MTC_PORTABLE::LargestOfWindow<MTC_PORTABLE::kVectorBytes>(window, least, low, high, to);
      });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(MaxPool2dQuantized)

}  // namespace MTC_XNNPACK
