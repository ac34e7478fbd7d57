#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareElu(PrepareContext& context, const EluArgs& args) {
  MTC_RETURN_IF_ERROR(PrepareUnary(context, args.x, args.out, xnn_init_f32_elu_config));
  // The microkernel computes `beta * x` where positive and `alpha * (exp(prescale * x) - 1)` elsewhere.
  auto& params = static_cast<UnaryState*>(context.state.get())->params.f32_elu.scalar;
  params.prescale = static_cast<float>(args.input_scale);
  params.alpha = static_cast<float>(args.alpha * args.scale);
  params.beta = static_cast<float>(args.scale);
  return Status::kOk;
}

template <typename T>
Status RunElu(KernelContext& context, const EluArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Elu)

}  // namespace MTC_XNNPACK
