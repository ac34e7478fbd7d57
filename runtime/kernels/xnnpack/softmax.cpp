#include <algorithm>

#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

// The microkernels themselves, as for elementwise kernels: XNNPACK's operator would need the multiplication's, too.
struct SoftmaxState : KernelState {
  xnn_rmax_ukernel_fn largest = nullptr;
  xnn_raddstoreexpminusmax_ukernel_fn exponentials = nullptr;
  xnn_vbinary_ukernel_fn multiply = nullptr;
};

}  // namespace

Status PrepareSoftmax(PrepareContext& context, const SoftmaxArgs& args) {
  int axis = 0;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, args.x->rank, &axis));
  if (axis != std::max(args.x->rank - 1, 0)) {
    return context.Fail(Status::kInvalidProgram, "softmax: not along the last axis");
  }
  MTC_RETURN_IF_ERROR(SameShape(context, args.x, args.out));
  auto* state = StateOf<SoftmaxState>(context);
  if (state == nullptr) return OutOfMemory(context);
  const xnn_rmax_config* largest = xnn_init_f32_rmax_config();
  const xnn_raddstoreexpminusmax_config* exponentials = xnn_init_f32_raddstoreexpminusmax_config();
  const xnn_binary_elementwise_config* multiply = xnn_init_f32_vmul_config();
  if (largest == nullptr || exponentials == nullptr || multiply == nullptr) return Unsupported(context);
  state->largest = largest->ukernel;
  state->exponentials = exponentials->ukernel;
  state->multiply = multiply->opc_ukernel;
  return Status::kOk;
}

template <typename T>
Status RunSoftmax(KernelContext& context, const SoftmaxArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const SoftmaxState*>(context.state.get());
  const int64_t size = args.x->row_size();
  const size_t bytes = size * sizeof(T);
  ParallelFor(context.threads, args.x->rows(), std::max<int64_t>(kElementGrain / 4 / size, 1),
              [&](int64_t begin, int64_t end) {
                const xnn_binary_uparams none = {};
                for (int64_t row = begin; row < end; ++row) {
                  const T* x = args.x->as<const T>() + row * args.x->pitch;
                  T* out = args.out->as<T>() + row * args.out->pitch;
                  T largest, sum;
                  state.largest(bytes, x, &largest, &none);
                  state.exponentials(bytes, x, &largest, out, &sum, &none);
                  const T scale = 1 / sum;
                  state.multiply(bytes, out, &scale, out, &none);
                }
              });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Softmax)

}  // namespace MTC_XNNPACK
