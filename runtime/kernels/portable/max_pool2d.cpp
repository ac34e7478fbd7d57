#include "kernels/pooling.h"
#include "kernels/selected_types.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using Layouts =
    PoolLayouts<MTC_HAS_VARIANT(portable, MaxPool2d, nchw, T), MTC_HAS_VARIANT(portable, MaxPool2d, nhwc, T)>;

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareMaxPool2d(PrepareContext& context, const MaxPool2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  MTC_RETURN_IF_ERROR(MTC_PORTABLE_TYPES(MaxPool2d)::With(context, args.x->dtype, [&](auto element) {
    return CheckLayout<Layouts<decltype(element)>>(context, args.layout);
  }));
  return PreparePooling(context, args, 2, args.dilation, args.layout);
}
#endif

template <typename T>
Status RunMaxPool2d(KernelContext& context, const MaxPool2dArgs& args) {
  const PoolSizes sizes = PoolSizesOf(args, args.dilation, args.layout);
  MaxPool<Layouts<T>, T>(context, sizes, *args.x, *args.out, args.layout, args.clamp[0], args.clamp[1]);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(MaxPool2d)

}  // namespace MTC_PORTABLE
