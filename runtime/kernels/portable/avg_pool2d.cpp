#include "kernels/pooling.h"
#include "kernels/selected_types.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using Layouts =
    PoolLayouts<MTC_HAS_VARIANT(portable, AvgPool2d, nchw, T), MTC_HAS_VARIANT(portable, AvgPool2d, nhwc, T)>;

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareAvgPool2d(PrepareContext& context, const AvgPool2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  MTC_RETURN_IF_ERROR(MTC_PORTABLE_TYPES(AvgPool2d)::With(context, args.x->dtype, [&](auto element) {
    return CheckLayout<Layouts<decltype(element)>>(context, args.layout);
  }));
  return PreparePooling(context, args, 2, {}, args.layout);
}
#endif

template <typename T>
Status RunAvgPool2d(KernelContext& context, const AvgPool2dArgs& args) {
  const PoolSizes sizes = PoolSizesOf(args, {}, args.layout);
  AveragePool<Layouts<T>, T>(context, sizes, args, args.layout, args.clamp[0], args.clamp[1]);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(AvgPool2d)

}  // namespace MTC_PORTABLE
