#include <algorithm>

#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {
namespace {

// An operand is as large as the result, or is added to each of its last axes: a row of it for all.
struct Terms {
  int64_t rows, row;
  int64_t steps[2];  // of each operand, from row to row
};

// Elements of a row of the result that `x` has side by side, and of which it has either one or as many as the result.
// 0 if it is spread in another way.
int64_t RowOf(const Tensor& x, const Tensor& out) {
  int64_t row = 1;
  int axis = 1;
  for (; axis <= x.rank && x.dims[x.rank - axis] == out.dims[out.rank - axis]; ++axis) row *= x.dims[x.rank - axis];
  for (; axis <= x.rank; ++axis) {
    if (x.dims[x.rank - axis] != 1) return 0;
  }
  return x.count() == out.count() || row == x.count() ? row : 0;
}

bool TermsOf(const AddArgs& args, Terms* terms) {
  const Tensor &x = *args.x, &y = *args.y, &out = *args.out;
  const int64_t rows[] = {RowOf(x, out), RowOf(y, out)};
  if (rows[0] == 0 || rows[1] == 0) return false;
  // Where rows do not lie side by side, those of the last axis.
  const bool is_dense = x.is_dense() && y.is_dense() && out.is_dense();
  const int64_t row = is_dense ? std::min(rows[0], rows[1]) : std::min({rows[0], rows[1], out.row_size()});
  *terms = {out.count() / row, row, {}};
  const Tensor* const operands[] = {&x, &y};
  for (int i = 0; i < 2; ++i) {
    const int64_t pitch = is_dense ? row : operands[i]->pitch;
    if (operands[i]->count() != out.count() && operands[i]->count() != row) return false;
    terms->steps[i] = operands[i]->count() == out.count() ? pitch : 0;
  }
  return is_dense || row == out.row_size();
}

}  // namespace

Status PrepareAddQuantized(PrepareContext& context, const AddArgs& args) {
  MTC_RETURN_IF_ERROR(BroadcastShape(context, args.x, args.y, args.out));
  const Tensor &x = *args.x, &y = *args.y, &out = *args.out;
  if (out.count() == 0) return Status::kOk;
  Terms terms;
  if (!TermsOf(args, &terms)) {
    return context.Fail(Status::kInvalidArgument, "QNNPACK: add: an operand is spread along an axis before its own");
  }
  Choose<ChooseAdd>();
  return Recreate(context, [&](pytorch_qnnp_operator_t* op) {
    return pytorch_qnnp_create_add_nc_q8(static_cast<size_t>(terms.row), ZeroPoint(x), x.quantization->scale,
                                         ZeroPoint(y), y.quantization->scale, ZeroPoint(out), out.quantization->scale,
                                         0, 255, /*flags=*/0, op);
  });
}

template <typename T>
Status RunAddQuantized(KernelContext& context, const AddArgs& args) {
  const Tensor& out = *args.out;
  if (out.count() == 0) return Status::kOk;
  Terms terms;
  TermsOf(args, &terms);
  const Operator& op = static_cast<const OperatorState*>(context.state.get())->op;
  const int64_t step = out.is_dense() ? terms.row : out.pitch;
  MTC_RETURN_IF_ERROR(Check(
      context,
      pytorch_qnnp_setup_add_nc_q8(op.get(), static_cast<size_t>(terms.rows), args.x->as<const uint8_t>(),
                                   static_cast<size_t>(terms.steps[0]), args.y->as<const uint8_t>(),
                                   static_cast<size_t>(terms.steps[1]), out.as<uint8_t>(), static_cast<size_t>(step))));
  return RunOperator(context, op);
}

MTC_QNNPACK_KERNEL(AddQuantized)

}  // namespace MTC_QNNPACK
