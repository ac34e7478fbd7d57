#include "generated/args.h"
#include "kernels/gemm.h"
#include "kernels/matrices.h"
#include "kernels/selected_types.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using ProductOf = Product<T, MatrixRows<Compute<T>, T>, MatrixColumns<Compute<T>, T>>;

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareMatmul(PrepareContext& context, const MatmulArgs& args) {
  const Tensor& x = *args.x;
  MTC_RETURN_IF_ERROR(CheckMatrices(context, x, *args.y, args.transpose_y, args.out));
  const ProductSizes sizes = {x.dim(-2), args.out->dim(-1), x.dim(-1)};
  return MTC_PORTABLE_TYPES(Matmul)::With(context, x.dtype, [&](auto element) {
    context.RequireScratch(MultiplyScratch<ProductOf<decltype(element)>>(context.isa, context.threads, sizes));
    return Status::kOk;
  });
}
#endif

template <typename T>
Status RunMatmul(KernelContext& context, const MatmulArgs& args) {
  using C = Compute<T>;
  const Tensor &x = *args.x, &y = *args.y, &out = *args.out;
  if (out.count() == 0) return Status::kOk;
  const ProductSizes sizes = {x.dim(-2), out.dim(-1), x.dim(-1)};
  const auto product = [&](int64_t index) {
    const T* right = y.as<T>() + MatrixOf(y, out, index) * sizes.depth * sizes.columns;
    return ProductOf<T>{
        {x.as<T>() + MatrixOf(x, out, index) * sizes.rows * sizes.depth, sizes.depth},
        args.transpose_y ? MatrixColumns<C, T>{right, 1, sizes.depth} : MatrixColumns<C, T>{right, sizes.columns, 1},
        out.as<T>() + index * sizes.rows * sizes.columns,
        sizes.columns,
        {}};
  };
  Multiply(context.threads, out.count() / (sizes.rows * sizes.columns), sizes, product, context.scratch);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Matmul)

}  // namespace MTC_PORTABLE
