#include "kernels/xnnpack/dynamic_linear.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareIntegerLinear(PrepareContext& context, const IntegerLinearArgs& args) {
  MTC_RETURN_IF_ERROR(PrepareDynamicLinear<Qi8>(context, AsLinear(args), args.x->pitch));
  context.RequireScratch(RoundedOperand::ScalesSize(args.x->rows()));
  return Status::kOk;
}

template <typename X, typename W>
Status RunIntegerLinear(KernelContext& context, const IntegerLinearArgs& args) {
  static_assert(std::is_same_v<X, Qi8> && std::is_same_v<W, Qi8>);
  if (args.out->count() == 0) return Status::kOk;
  const Quantization& q = *args.x->quantization;
  const int64_t rows = args.x->rows();
  const RoundedOperand same = RoundedOperand::In(context.scratch, rows);
  for (int64_t row = 0; row < rows; ++row) same.SetScale(row, {ScaleAt(q, 0), ZeroPointAt(q, 0)});
  same.PadScales(rows);
  return RunDynamicLinear<W>(context, AsLinear(args), args.x->as<const int8_t>(), same.scales);
}

MTC_XNNPACK_KERNEL(IntegerLinear)

}  // namespace MTC_XNNPACK
