#include "generated/args.h"
#include "kernels/gemm.h"
#include "kernels/shape_rules.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

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
  const size_t size = SizeOf(x.dtype) == 8 ? 8 : 4;
  const size_t block = x.dtype == DType::kF32   ? MultiplyScratch<float>(columns, depth)
                       : x.dtype == DType::kF64 ? MultiplyScratch<double>(columns, depth)
                                                : MultiplyScratch<Half>(columns, depth);
  context.RequireScratch(block + static_cast<size_t>(PackedRowsSize(x.dim(-2), depth)) * size);
  return Status::kOk;
}
#endif

template <typename T>
Status RunMatmul(KernelContext& context, const MatmulArgs& args) {
  using C = Compute<T>;
  const Tensor &x = *args.x, &y = *args.y, &out = *args.out;
  if (out.count() == 0) return Status::kOk;
  const int64_t rows = x.dim(-2), depth = x.dim(-1), columns = out.dim(-1);
  auto* packed = reinterpret_cast<C*>(static_cast<char*>(context.scratch) + MultiplyScratch<T>(columns, depth));
  const MatrixColumns<C, T> right =
      args.transpose_y ? MatrixColumns<C, T>{y.as<T>(), 1, depth} : MatrixColumns<C, T>{y.as<T>(), columns, 1};
  const int64_t matrices = out.count() / (rows * columns);
  for (int64_t m = 0; m < matrices; ++m) {
    // Which matrix of each operand: axes of size 1 are read again.
    int64_t rest = m, left_index = 0, right_index = 0, left_step = 1, right_step = 1;
    for (int axis = out.rank - 3; axis >= 0; --axis) {
      const int64_t at = rest % out.dims[axis];
      rest /= out.dims[axis];
      const int left_axis = axis - (out.rank - x.rank), right_axis = axis - (out.rank - y.rank);
      if (left_axis >= 0) {
        left_index += (x.dims[left_axis] == 1 ? 0 : at) * left_step;
        left_step *= x.dims[left_axis];
      }
      if (right_axis >= 0) {
        right_index += (y.dims[right_axis] == 1 ? 0 : at) * right_step;
        right_step *= y.dims[right_axis];
      }
    }
    PackRows(kTileRows, x.as<T>() + left_index * rows * depth, rows, depth, depth, 1, packed);
    MatrixColumns<C, T> columns_of = right;
    columns_of.b += right_index * depth * columns;
    const C limit = static_cast<C>(__builtin_inf());
    const Product<T, C> product = {
        rows, columns, depth, packed, out.as<T>() + m * rows * columns, columns, {nullptr, nullptr, -limit, limit}};
    MultiplyPacked(context.threads, product, columns_of, context.scratch);
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Matmul)

}  // namespace MTC_PORTABLE
