#include "generated/args.h"
#include "kernels/xnnpack/quantized_elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareSubQuantized(PrepareContext& context, const SubArgs& args) {
  return MTC_XNNPACK_TYPES(SubQuantized)::With(context, args.x->dtype, [&](auto element) {
    return PrepareQuantizedSum(context, args, SumConfig<decltype(element)>(), /*sign=*/-1);
  });
}

template <typename Q>
Status RunSubQuantized(KernelContext& context, const SubArgs& args) {
  return RunBinary<decltype(Q::steps)>(context, args.x, args.y, args.out);
}

MTC_XNNPACK_KERNEL(SubQuantized)

}  // namespace MTC_XNNPACK
