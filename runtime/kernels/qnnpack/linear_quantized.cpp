#include "generated/args.h"
#include "kernels/product_args.h"
#include "kernels/qnnpack/product.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareLinearQuantized(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(CheckLinear(context, args));
  if (args.out->count() == 0) return Status::kOk;
  auto* state = StateOf<ProductState>(context);
  if (state == nullptr) return OutOfMemory(context);
  if (state->op == nullptr) {
    Choose<ChooseGemm>();
    const int64_t channels = args.weight->dims[0], depth = args.weight->dims[1];
    const WeightSizes sizes = {1, channels, 1, depth, channels * depth, depth, depth, 1};
    MTC_RETURN_IF_ERROR(MakeProduct(context, pytorch_qnnp_ukernel_type_gemm, sizes, *args.x, *args.weight, args.bias,
                                    *args.out, args.clamp));
  }
  state->op->batch_size = 1;
  state->op->output_height = static_cast<size_t>(args.out->rows());
  state->op->output_width = 1;
  state->op->input_pixel_stride = static_cast<size_t>(args.x->pitch);
  state->op->output_pixel_stride = static_cast<size_t>(args.out->pitch);
  return Status::kOk;
}

template <typename X, typename W>
Status RunLinearQuantized(KernelContext& context, const LinearArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const Operator& op = static_cast<const ProductState*>(context.state.get())->op;
  op->input = args.x->data;
  op->output = args.out->data;
  return RunOperator(context, op);
}

MTC_QNNPACK_KERNEL(LinearQuantized)

}  // namespace MTC_QNNPACK
