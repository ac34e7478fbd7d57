#include "generated/args.h"
#include "kernels/xnnpack/quantized_elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareAddQuantized(PrepareContext& context, const AddArgs& args) {
  return MTC_XNNPACK_TYPES(AddQuantized)::With(context, args.x->dtype, [&](auto element) {
    return PrepareQuantizedSum(context, args, SumConfig<decltype(element)>(), /*sign=*/1);
  });
}

template <typename Q>
Status RunAddQuantized(KernelContext& context, const AddArgs& args) {
  return RunBinary<decltype(Q::steps)>(context, args.x, args.y, args.out);
}

MTC_XNNPACK_KERNEL(AddQuantized)

}  // namespace MTC_XNNPACK
