#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

// By multiplication: some microkernels for negation subtract from zero, which makes 0 of 0, not -0.
Status PrepareNeg(PrepareContext& context, const NegArgs& args) {
  MTC_RETURN_IF_ERROR(SameShape(context, args.x, args.out));
  auto* state = StateOf<BinaryState>(context);
  if (state == nullptr) return OutOfMemory(context);
  state->config = xnn_init_f32_vmul_config();
  return state->config == nullptr || state->config->opc_ukernel == nullptr ? Unsupported(context) : Status::kOk;
}

template <typename T>
Status RunNeg(KernelContext& context, const NegArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const xnn_binary_elementwise_config& config = *static_cast<const BinaryState*>(context.state.get())->config;
  const ElementLoops loops(*args.out, {args.x});
  const xnn_binary_uparams params = {};
  const T minus_one = -1;
  loops.Run(context.threads, [&](int64_t to, int64_t from, int64_t, int64_t count) {
    config.opc_ukernel(count * sizeof(T), args.x->as<const T>() + from, &minus_one, args.out->as<T>() + to, &params);
  });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Neg)

}  // namespace MTC_XNNPACK
