#include "kernels/product_args.h"
#include "kernels/quantized_rows.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareLinearQuantized(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(LinearShape(context, args));
  return PrepareRequantization(context, *args.x, *args.weight, args.bias, *args.out, args.clamp, args.weight->dims[0]);
}

template <typename X, typename W>
Status RunLinearQuantized(KernelContext& context, const LinearArgs& args) {
  const int64_t depth = args.x->row_size();
  MultiplyQuantized(context.threads, args.out->rows(), args.weight->dims[0], depth,
                    *static_cast<const Requantization*>(context.state.get()), args.x->as<const StepType<X>>(),
                    args.weight->as<const StepType<W>>(), 1, depth, args.out->as<StepType<X>>());
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(LinearQuantized)

}  // namespace MTC_PORTABLE
