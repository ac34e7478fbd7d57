#include "generated/args.h"
#include "kernels/pooling.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK's pooling makes infinity or zero of NaN, and is not faster.
namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PrepareAvgPool2d(PrepareContext& context, const AvgPool2dArgs& args) {
  if (args.layout != Layout::kNhwc) return context.Fail(Status::kInvalidProgram, "pooling: channels do not come last");
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  return MTC_PORTABLE::PreparePooling(context, args, 2, {}, args.layout);
}
#endif

template <typename T>
Status RunAvgPool2d(KernelContext& context, const AvgPool2dArgs& args) {
  const MTC_PORTABLE::PoolSizes sizes = MTC_PORTABLE::PoolSizesOf(args, {}, Layout::kNhwc);
  MTC_PORTABLE::AveragePool<MTC_PORTABLE::PoolsNhwc, T>(context, sizes, args, Layout::kNhwc, args.clamp[0],
                                                        args.clamp[1]);
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(AvgPool2d)

}  // namespace MTC_XNNPACK
