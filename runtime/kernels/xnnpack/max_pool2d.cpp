#include "generated/args.h"
#include "kernels/pooling.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK's pooling drops NaN, and is not faster.
namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PrepareMaxPool2d(PrepareContext& context, const MaxPool2dArgs& args) {
  if (args.layout != Layout::kNhwc) return context.Fail(Status::kInvalidProgram, "pooling: channels do not come last");
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  return MTC_PORTABLE::PreparePooling(context, args, 2, args.dilation, args.layout);
}
#endif

template <typename T>
Status RunMaxPool2d(KernelContext& context, const MaxPool2dArgs& args) {
  const MTC_PORTABLE::PoolSizes sizes = MTC_PORTABLE::PoolSizesOf(args, args.dilation, Layout::kNhwc);
  MTC_PORTABLE::MaxPool<MTC_PORTABLE::PoolsNhwc, T>(context, sizes, *args.x, *args.out, Layout::kNhwc, args.clamp[0],
                                                    args.clamp[1]);
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(MaxPool2d)

}  // namespace MTC_XNNPACK
