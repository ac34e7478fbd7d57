// Operators that take a tensor row by row.

#ifndef MTC_KERNELS_QNNPACK_ROWS_H_
#define MTC_KERNELS_QNNPACK_ROWS_H_

#include "core/quantized.h"
#include "kernels/qnnpack/operator.h"
#include "kernels/shape_rules.h"

namespace MTC_QNNPACK {

// Makes the operator by create(elements of a row, &operator).
template <typename Create>
Status PrepareRows(PrepareContext& context, const Tensor& x, Tensor* out, const Create& create) {
  MTC_RETURN_IF_ERROR(SameShape(context, &x, out));
  if (out->count() == 0) return Status::kOk;
  return Recreate(context, [&](pytorch_qnnp_operator_t* op) { return create(static_cast<size_t>(x.row_size()), op); });
}

using SetupRows = pytorch_qnnp_status (*)(pytorch_qnnp_operator_t, size_t, const uint8_t*, size_t, uint8_t*, size_t);

inline Status RunRows(KernelContext& context, const Tensor& x, const Tensor& out, SetupRows setup) {
  if (out.count() == 0) return Status::kOk;
  const Operator& op = static_cast<const OperatorState*>(context.state.get())->op;
  MTC_RETURN_IF_ERROR(
      Check(context, setup(op.get(), static_cast<size_t>(x.rows()), x.as<const uint8_t>(), static_cast<size_t>(x.pitch),
                           out.as<uint8_t>(), static_cast<size_t>(out.pitch))));
  return RunOperator(context, op);
}

// Operators that look each element up. `create` is one of QNNPACK's.
using CreateTable = pytorch_qnnp_status (*)(size_t, uint8_t, float, uint8_t, float, uint8_t, uint8_t, uint32_t,
                                            pytorch_qnnp_operator_t*);

inline Status PrepareTable(PrepareContext& context, const Tensor& x, Tensor* out, CreateTable create) {
  Choose<ChooseTable>();
  return PrepareRows(context, x, out, [&](size_t channels, pytorch_qnnp_operator_t* op) {
    return create(channels, ZeroPoint(x), x.quantization->scale, ZeroPoint(*out), out->quantization->scale, 0, 255,
                  /*flags=*/0, op);
  });
}

// Operators that limit elements, which stand for the same numbers before and after.
inline Status PrepareClamp(PrepareContext& context, const Tensor& x, Tensor* out, double low, double high) {
  Choose<ChooseClamp>();
  const int32_t most = QuantizedAs(*out, high), least = QuantizedAs(*out, low);
  return PrepareRows(context, x, out, [&](size_t channels, pytorch_qnnp_operator_t* op) {
    return pytorch_qnnp_create_clamp_nc_u8(channels, static_cast<uint8_t>(least < most ? least : most),
                                           static_cast<uint8_t>(most), /*flags=*/0, op);
  });
}

}  // namespace MTC_QNNPACK

#endif  // MTC_KERNELS_QNNPACK_ROWS_H_
