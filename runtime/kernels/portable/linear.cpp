#include <memory>
#include <new>

#include "kernels/dot.h"
#include "kernels/packed_product.h"
#include "kernels/product_args.h"
#include "kernels/selected_types.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

// Up to this many rows are dot products, with the weights as they lie.
constexpr int64_t kFewRows = 3;

struct LinearState : KernelState {
  const void* packed = nullptr;  // constant weights
};

template <typename T>
using Rows = MatrixRows<Compute<T>, T>;
template <typename T>
using Columns = MatrixColumns<Compute<T>, T>;

template <typename T>
using Weights = MTC_WEIGHT_KINDS(portable, Linear, T);
template <typename T>
using PackedProduct = Product<T, Rows<T>, PackedPanels<Compute<T>>>;

ProductSizes SizesOf(const LinearArgs& args) { return {args.x->rows(), args.weight->dims[0], args.weight->dims[1]}; }

#if MTC_ISA_LEVEL == 0
template <typename T>
Status PrepareProduct(PrepareContext& context, const LinearArgs& args) {
  const ProductSizes sizes = SizesOf(args);
  MTC_RETURN_IF_ERROR(Weights<T>::Check(context, *args.weight));
  if (args.x->rows() <= kFewRows || args.out->count() == 0) return Status::kOk;
  if (!Weights<T>::IsConstant(*args.weight)) {
    context.RequireScratch(MultiplyScratch<Product<T, Rows<T>, Columns<T>>>(context.isa, context.threads, sizes));
    return Status::kOk;
  }
  context.RequireScratch(MultiplyScratch<PackedProduct<T>>(context.isa, context.threads, sizes));
  auto* state = StateOf<LinearState>(context);
  if (state == nullptr) return OutOfMemory(context);
  return PackConstant<T>(context, *args.weight, 1, {sizes.columns, sizes.depth}, &state->packed);
}
#endif

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareLinear(PrepareContext& context, const LinearArgs& args) {
  MTC_RETURN_IF_ERROR(LinearShape(context, args));
  return MTC_PORTABLE_TYPES(Linear)::With(
      context, args.x->dtype, [&](auto element) { return PrepareProduct<decltype(element)>(context, args); });
}
#endif

template <typename T>
Status RunLinear(KernelContext& context, const LinearArgs& args) {
  using C = Compute<T>;
  const ProductSizes sizes = SizesOf(args);
  const int64_t columns = sizes.columns, depth = sizes.depth;
  if (args.out->count() == 0) return Status::kOk;
  const T *x = args.x->as<T>(), *weight = args.weight->as<T>();
  const T* bias = args.bias ? args.bias->as<T>() : nullptr;
  T* out = args.out->as<T>();
  const C low = static_cast<C>(args.clamp[0]), high = static_cast<C>(args.clamp[1]);
  if (sizes.rows <= kFewRows) {
    DotProducts<C>(context.threads, x, sizes.rows, weight, columns, depth, [&](int64_t r, int64_t c, C value) {
      if (bias != nullptr) value += static_cast<C>(bias[c]);
      out[r * columns + c] = static_cast<T>(value < low ? low : value > high ? high : value);
    });
    return Status::kOk;
  }
  const Rows<T> left = {x, depth};
  const Finish<T> finish = {bias, low, high};
  if (Weights<T>::IsConstant(*args.weight)) {
    const auto* packed = static_cast<const C*>(static_cast<const LinearState*>(context.state.get())->packed);
    const PackedProduct<T> product = {left, {packed}, out, columns, finish};
    Multiply(context.threads, 1, sizes, [&](int64_t) { return product; }, context.scratch);
  } else {
    const Product<T, Rows<T>, Columns<T>> product = {left, {weight, 1, depth}, out, columns, finish};
    Multiply(context.threads, 1, sizes, [&](int64_t) { return product; }, context.scratch);
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Linear)

}  // namespace MTC_PORTABLE
