#include "kernels/product_args.h"
#include "kernels/rounded_rows.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareIntegerLinear(PrepareContext& context, const IntegerLinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, AsLinear(args)));
  MTC_RETURN_IF_ERROR(CheckStored(context, *args.weight));
  context.RequireScratch(RoundedRowsScratch(args.x->rows(), args.x->row_size()));
  return Status::kOk;
}
#endif

template <typename X, typename W>
Status RunIntegerLinear(KernelContext& context, const IntegerLinearArgs& args) {
  static_assert(std::is_same_v<X, Qi8> && std::is_same_v<W, Qi8>);
  if (args.out->count() == 0) return Status::kOk;
  const Quantization& q = *args.x->quantization;
  const auto* x = args.x->as<const int8_t>();
  const int64_t depth = args.x->row_size();
  const int32_t zero = ZeroPointAt(q, 0);
  MultiplyRoundedRows<W>(context, AsLinear(args), [&](int64_t row, int16_t* out) {
    for (int64_t i = 0; i < depth; ++i) out[i] = static_cast<int16_t>(x[row * depth + i] - zero);
    return ScaleAt(q, 0);
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(IntegerLinear)

}  // namespace MTC_PORTABLE
