#include "generated/args.h"
#include "kernels/float_types.h"
#include "kernels/gemm.h"
#include "kernels/shape_rules.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {
namespace {

template <typename T>
using ProductOf = Product<T, MatrixRows<Compute<T>, T>, MatrixColumns<Compute<T>, T>>;

}  // namespace

#if MTC_ISA_LEVEL == 0
Status PrepareMatmul(PrepareContext& context, const MatmulArgs& args) {
  const Tensor &x = *args.x, &y = *args.y;
  if (x.rank < 2 || y.rank < 2) return context.Fail(Status::kInvalidProgram, "a matrix has two axes");
  const int64_t depth = y.dim(args.transpose_y ? -1 : -2), columns = y.dim(args.transpose_y ? -2 : -1);
  if (x.dim(-1) != depth) {
    return context.Fail(Status::kInvalidArgument, "%lld columns by %lld rows", static_cast<long long>(x.dim(-1)),
                        static_cast<long long>(depth));
  }
  // The leading axes are broadcast; the matrix itself comes last.
  const int rank = x.rank > y.rank ? x.rank : y.rank;
  int64_t dims[kMaxRank];
  for (int axis = -rank; axis < -2; ++axis) {
    const int64_t left = x.rank >= -axis ? x.dim(axis) : 1, right = y.rank >= -axis ? y.dim(axis) : 1;
    if (left != right && left != 1 && right != 1) {
      return context.Fail(Status::kInvalidArgument, "%lld and %lld matrices cannot be broadcast",
                          static_cast<long long>(left), static_cast<long long>(right));
    }
    dims[axis + rank] = left == 1 ? right : left;
  }
  dims[rank - 2] = x.dim(-2);
  dims[rank - 1] = columns;
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, static_cast<size_t>(rank)}));
  const ProductSizes sizes = {x.dim(-2), columns, depth};
  return MTC_PORTABLE_TYPES(Matmul)::With(context, x.dtype, [&](auto element) {
    context.RequireScratch(MultiplyScratch<ProductOf<decltype(element)>>(context.isa, context.threads, sizes));
    return Status::kOk;
  });
}
#endif

// Which matrix of `x` belongs to matrix `index` of `out`; axes of size 1 are read again.
MTC_INLINE int64_t MatrixOf(const Tensor& x, const Tensor& out, int64_t index) {
  int64_t result = 0, step = 1;
  for (int axis = -3; axis >= -x.rank; --axis) {
    const int64_t at = index % out.dim(axis);
    index /= out.dim(axis);
    result += (x.dim(axis) == 1 ? 0 : at) * step;
    step *= x.dim(axis);
  }
  return result;
}

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
