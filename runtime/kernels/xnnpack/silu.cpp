#include <algorithm>

#include "generated/args.h"
#include "kernels/xnnpack/sigmoid.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareSilu(PrepareContext& context, const SiluArgs& args) {
  MTC_RETURN_IF_ERROR(SameShape(context, args.x, args.out));
  SigmoidState* state = PrepareSigmoidState(context);
  const xnn_binary_elementwise_config* multiply = xnn_init_f32_vmul_config();
  if (state == nullptr || multiply == nullptr) return Unsupported(context);
  state->multiply = multiply->op_ukernel;
  return Status::kOk;
}

template <typename T>
Status RunSilu(KernelContext& context, const SiluArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const SigmoidState*>(context.state.get());
  const ElementLoops loops(*args.out, {args.x});
  loops.Run(context.threads, [&](int64_t to, int64_t from, int64_t, int64_t count) {
    alignas(64) T gate[kSigmoidPart + XNN_EXTRA_BYTES / sizeof(T)];  // out may be x
    const xnn_binary_uparams params = {};
    for (int64_t i = 0; i < count; i += kSigmoidPart) {
      const size_t bytes = std::min(kSigmoidPart, count - i) * sizeof(T);
      const T* x = args.x->as<const T>() + from + i;
      state.Compute(bytes, x, gate);
      state.multiply(bytes, x, gate, args.out->as<T>() + to + i, &params);
    }
  });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Silu)

}  // namespace MTC_XNNPACK
