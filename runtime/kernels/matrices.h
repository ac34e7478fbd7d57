// Products of the matrices in the last two axes, whose leading axes are broadcast.

#ifndef MTC_KERNELS_MATRICES_H_
#define MTC_KERNELS_MATRICES_H_

#include "kernels/shape_rules.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
// Derives the product's shape.
inline Status CheckMatrices(PrepareContext& context, const Tensor& x, const Tensor& y, bool transpose_y, Tensor* out) {
  if (x.rank < 2 || y.rank < 2) return context.Fail(Status::kInvalidProgram, "a matrix has two axes");
  const int64_t depth = y.dim(transpose_y ? -1 : -2), columns = y.dim(transpose_y ? -2 : -1);
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
  return context.Resize(out, {dims, static_cast<size_t>(rank)});
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

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_MATRICES_H_
