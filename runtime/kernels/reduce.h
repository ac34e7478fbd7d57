// Folds over axes. Where the last axis is one of them the lanes of a vector take consecutive elements and are joined at
// the end; else each lane has a result of its own. Half precision is folded in float.

#ifndef MTC_KERNELS_REDUCE_H_
#define MTC_KERNELS_REDUCE_H_

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"
#include "selected_kernels.h"

namespace mtc::kernels {

// The shape of `x` without `axes`, all of them if none is named, or with size 1 in their place. An axis is named once.
inline Status ReducedShape(PrepareContext& context, const Tensor* x, Span<const int64_t> axes, bool keepdim,
                           Tensor* out) {
  unsigned gone = axes.empty() ? ~0u : 0;
  for (const int64_t axis : axes) {
    int front;
    MTC_RETURN_IF_ERROR(NormalizeAxis(context, axis, x->rank, &front));
    if ((gone >> front & 1) != 0 && x->rank > 0) {
      return context.Fail(Status::kInvalidProgram, "axis %d is named twice", front);
    }
    gone |= 1u << front;
  }
  int64_t dims[kMaxRank];
  size_t rank = 0;
  for (int axis = 0; axis < x->rank; ++axis) {
    const bool is_gone = (gone >> axis & 1) != 0;
    if (!is_gone || keepdim) dims[rank++] = is_gone ? 1 : x->dims[axis];
  }
  return context.Resize(out, {dims, rank});
}

// The same for an extreme, which no elements have not.
inline Status ExtremeShape(PrepareContext& context, const Tensor* x, Span<const int64_t> axes, bool keepdim,
                           Tensor* out) {
  MTC_RETURN_IF_ERROR(ReducedShape(context, x, axes, keepdim, out));
  for (int axis = 0; axis < x->rank; ++axis) {
    bool is_gone = axes.empty();
    for (const int64_t named : axes) is_gone = is_gone || FrontAxis(named, x->rank) == axis;
    if (is_gone && x->dims[axis] == 0) return context.Fail(Status::kInvalidArgument, "no elements have no extreme");
  }
  return Status::kOk;
}

}  // namespace mtc::kernels

namespace MTC_PORTABLE {

inline constexpr int64_t kReduceGrain = 16384;  // elements worth another thread

// Axes of the operand that are walked together, each joined with the next where both are consecutive.
struct AxisWalk {
  int rank = 0;
  int64_t dims[kMaxRank] = {1};
  int64_t strides[kMaxRank] = {1};

  // From the last axis to the first.
  void AddBefore(int64_t dim, int64_t stride) {
    if (rank > 0 && strides[rank - 1] * dims[rank - 1] == stride) {
      dims[rank - 1] *= dim;
    } else {
      dims[rank] = dim;
      strides[rank++] = stride;
    }
  }
  int64_t Offset(int64_t index, int first) const {
    int64_t offset = 0;
    for (int i = first; i < rank; index /= dims[i++]) offset += index % dims[i] * strides[i];
    return offset;
  }
  int64_t Count(int first) const {
    int64_t count = 1;
    for (int i = first; i < rank; ++i) count *= dims[i];
    return count;
  }
};

struct ReducePlan {
  AxisWalk kept, gone;
  bool is_row = true;  // the last axis is folded

  ReducePlan(const Tensor& x, Span<const int64_t> axes) {
    int64_t stride = 1;
    for (int axis = x.rank - 1; axis >= 0; stride *= x.dims[axis--]) {
      bool is_gone = axes.empty();
      for (const int64_t named : axes) is_gone = is_gone || FrontAxis(named, x.rank) == axis;
      if (x.dims[axis] == 1) continue;
      if (kept.rank + gone.rank == 0) is_row = is_gone;
      (is_gone ? gone : kept).AddBefore(x.dims[axis], stride);
    }
    if (gone.rank == 0) gone.AddBefore(1, 1);
    if (kept.rank == 0) is_row = true;
  }
};

// The elements that one result is made of, or as many results as `lanes` side by side.
template <typename T>
struct Folded {
  const ReducePlan& plan;
  const T* x;
  int64_t lanes;

  int64_t count() const { return plan.gone.Count(0); }

  // f(accumulated, elements) over all of them; `filler` stands where a vector reaches past the end of a row, and `join`
  // combines two accumulated values.
  template <typename F, typename Join>
  MTC_INLINE Pack<T> Fold(Pack<T> total, Pack<T> filler, const F& f, const Join& join) const {
    constexpr int kWidth = kPackWidth<T>;
    const AxisWalk& gone = plan.gone;
    const int64_t runs = gone.Count(1), length = gone.dims[0], step = gone.strides[0];
    for (int64_t run = 0; run < runs; ++run) {
      const T* from = x + gone.Offset(run, 1);
      if (!plan.is_row) {
        if (lanes == kWidth) {
          for (int64_t i = 0; i < length; ++i) total = f(total, LoadPack(from + i * step));
        } else {
          for (int64_t i = 0; i < length; ++i) total = f(total, LoadPack(from + i * step, lanes, filler));
        }
        continue;
      }
      int64_t i = 0;
      for (; i + kWidth <= length; i += kWidth) total = f(total, LoadPack(from + i));
      if (i < length) total = f(total, LoadPack(from + i, length - i, filler));
    }
    if constexpr (kWidth > 1) {
      if (plan.is_row) return JoinLanes(total, join);
    }
    return total;
  }
};

// out = result(folded), which gives a Pack; in rows all its lanes are the one result.
template <typename T, typename Result>
MTC_INLINE void Reduce(KernelContext& context, const Tensor& x, Span<const int64_t> axes, const Tensor& out,
                       const Result& result) {
  const ReducePlan plan(x, axes);
  const int64_t inner = plan.is_row ? 1 : plan.kept.dims[0], blocks = (inner + kPackWidth<T> - 1) / kPackWidth<T>;
  const int first = plan.is_row ? 0 : 1;
  const int64_t work = plan.gone.Count(0) * (plan.is_row ? 1 : kPackWidth<T>);
  ParallelFor(context.threads, plan.kept.Count(first) * blocks, kReduceGrain / (work + 1) + 1,
              [&](int64_t begin, int64_t end) {
                for (int64_t task = begin; task < end; ++task) {
                  const int64_t row = task / blocks, column = task % blocks * kPackWidth<T>;
                  const int64_t lanes = inner - column < kPackWidth<T> ? inner - column : kPackWidth<T>;
                  const T* from = x.as<T>() + plan.kept.Offset(row, first) + column;
                  StorePack(out.as<T>() + row * inner + column, result(Folded<T>{plan, from, lanes}), lanes);
                }
              });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_REDUCE_H_
