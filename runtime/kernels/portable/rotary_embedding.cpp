#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareRotaryEmbedding(PrepareContext& context, const RotaryEmbeddingArgs& args) {
  const Tensor& x = *args.x;
  for (const Tensor* angles : {args.cos, args.sin}) {
    bool fits = x.rank >= 1 && angles->rank >= 1 && angles->rank <= x.rank && x.dim(-1) % 2 == 0 &&
                angles->dim(-1) == args.cos->dim(-1) &&
                (angles->dim(-1) == x.dim(-1) || angles->dim(-1) == x.dim(-1) / 2);
    for (int axis = -2; fits && axis >= -angles->rank; --axis) {
      fits = angles->dim(axis) == 1 || angles->dim(axis) == x.dim(axis);
    }
    if (!fits) return context.Fail(Status::kInvalidArgument, "the angles do not fit the features");
  }
  return SameShape(context, args.x, args.out);
}
#endif

// Where the angles of row `row` of x begin; axes of size 1 are read again.
static int64_t AnglesOf(const Tensor& angles, const Tensor& x, int64_t row) {
  int64_t offset = 0, step = angles.dim(-1);
  for (int axis = -2; axis >= -angles.rank; --axis) {
    const int64_t size = x.dim(axis), own = angles.dim(axis);
    if (own != 1) offset += row % size * step;
    row /= size;
    step *= own;
  }
  return offset;
}

// A row whose pairs are `apart` elements from each other and `step` from the next pair; each has `each` angles.
template <typename T>
MTC_INLINE void RotateRow(const T* x, const T* cos, const T* sin, int64_t pairs, int64_t apart, int64_t step,
                          int64_t angles_apart, int64_t angles_step, T* out) {
  using C = Compute<T>;
  for (int64_t i = 0; i < pairs; ++i) {
    const C a = static_cast<C>(x[i * step]), b = static_cast<C>(x[i * step + apart]);
    const int64_t first = i * angles_step, second = first + angles_apart;
    out[i * step] = static_cast<T>(a * static_cast<C>(cos[first]) - b * static_cast<C>(sin[first]));
    out[i * step + apart] = static_cast<T>(b * static_cast<C>(cos[second]) + a * static_cast<C>(sin[second]));
  }
}

template <typename T>
Status RunRotaryEmbedding(KernelContext& context, const RotaryEmbeddingArgs& args) {
  const Tensor &x = *args.x, &cos = *args.cos, &sin = *args.sin;
  if (x.count() == 0) return Status::kOk;
  const int64_t size = x.row_size(), pairs = size / 2;
  const bool is_whole = cos.dim(-1) == size;
  ParallelFor(context.threads, x.rows(), 1 + kElementGrain / size, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T *from = x.as<T>() + row * size, *c = cos.as<T>() + AnglesOf(cos, x, row);
      const T* s = sin.as<T>() + AnglesOf(sin, x, row);
      T* out = args.out->as<T>() + row * size;
      if (args.interleaved) {
        RotateRow(from, c, s, pairs, 1, 2, is_whole ? 1 : 0, is_whole ? 2 : 1, out);
      } else {
        RotateRow(from, c, s, pairs, pairs, 1, is_whole ? pairs : 0, 1, out);
      }
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(RotaryEmbedding)

}  // namespace MTC_PORTABLE
