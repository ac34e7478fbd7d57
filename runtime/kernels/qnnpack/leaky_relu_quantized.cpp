#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareLeakyReluQuantized(PrepareContext& context, const LeakyReluArgs& args) {
  Choose<ChooseTable>();
  const Tensor &x = *args.x, &out = *args.out;
  return PrepareRows(context, x, args.out, [&](size_t channels, pytorch_qnnp_operator_t* op) {
    return pytorch_qnnp_create_leaky_relu_nc_q8(channels, static_cast<float>(args.negative_slope), ZeroPoint(x),
                                                x.quantization->scale, ZeroPoint(out), out.quantization->scale, 0, 255,
                                                /*flags=*/0, op);
  });
}

template <typename T>
Status RunLeakyReluQuantized(KernelContext& context, const LeakyReluArgs& args) {
  return RunRows(context, *args.x, *args.out, pytorch_qnnp_setup_leaky_relu_nc_q8);
}

MTC_QNNPACK_KERNEL(LeakyReluQuantized)

}  // namespace MTC_QNNPACK
