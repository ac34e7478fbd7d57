#include "kernels/quantized_pooling.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK has one of unsigned integers only, which divides by the size of the window everywhere.
namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PrepareAvgPool2dQuantized(PrepareContext& context, const AvgPool2dArgs& args) {
  if (args.layout != Layout::kNhwc) return context.Fail(Status::kInvalidProgram, "pooling: channels do not come last");
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  MTC_RETURN_IF_ERROR(MTC_PORTABLE::PreparePooling(context, args, 2, {}, args.layout));
  if (args.kernel_size[0] <= MTC_PORTABLE::kMostSummed / args.kernel_size[1]) return Status::kOk;
  return context.Fail(Status::kInvalidArgument, "avg_pool2d: a window of %lld by %lld pixels",
                      static_cast<long long>(args.kernel_size[0]), static_cast<long long>(args.kernel_size[1]));
}
#endif

template <typename Q>
Status RunAvgPool2dQuantized(KernelContext& context, const AvgPool2dArgs& args) {
  using Step = decltype(Q::steps);
  const MTC_PORTABLE::PoolSizes sizes = MTC_PORTABLE::PoolSizesOf(args, {}, Layout::kNhwc);
  const MTC_PORTABLE::MeanSteps mean(*args.x, *args.out, args.clamp);
  MTC_PORTABLE::ForEachWindow<Step>(
      context, sizes, *args.x, *args.out, [&](const auto& window, int64_t y, int64_t x, Step* to) {
        const int64_t counted = MTC_PORTABLE::CountedPlaces(sizes, 1, y, args.count_include_pad) *
                                MTC_PORTABLE::CountedPlaces(sizes, 2, x, args.count_include_pad);
        MTC_PORTABLE::MeansOfWindow(window, mean, args.divisor_override != 0 ? args.divisor_override : counted, to);
      });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(AvgPool2dQuantized)

}  // namespace MTC_XNNPACK
