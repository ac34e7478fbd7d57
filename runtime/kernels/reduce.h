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

inline constexpr int64_t kReduceGrain = 16384;  // elements worth another thread, or a slice

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

// Parts joined two by two, and what comes out of that again: the error of a sum grows with the logarithm of their
// number.
template <typename P>
class Pairwise {
 public:
  template <typename Join>
  MTC_INLINE void Add(P part, const Join& join) {
    int level = 0;
    for (; (count_ >> level & 1) != 0; ++level) part = join(parts_[level], part);
    parts_[level] = part;
    ++count_;
  }
  template <typename Join>
  MTC_INLINE P Total(P total, const Join& join) const {
    for (int level = 0; count_ >> level != 0; ++level) {
      if ((count_ >> level & 1) != 0) total = join(parts_[level], total);
    }
    return total;
  }

 private:
  uint64_t count_ = 0;
  P parts_[48];  // [i]: of 2^i parts, if that bit of the count is set
};

inline constexpr int kMostSlices = 32;  // that one result's elements are divided into

// The elements that one result is made of, or as many results as `lanes` side by side.
template <typename T>
struct Folded {
  const ReducePlan& plan;
  const T* x;
  int64_t lanes;
  int slices;           // 0: so few elements that they are folded one after the other
  ThreadPool* threads;  // that slices are divided among

  int64_t count() const { return plan.gone.Count(0); }

  // f(accumulated, elements) over all of them, from `start`, which changes nothing; `filler` stands where a vector
  // reaches past the end of a row, and `join` combines two accumulated values.
  template <typename F, typename Join>
  MTC_INLINE Pack<T> Fold(Pack<T> start, Pack<T> filler, const F& f, const Join& join) const {
    Pack<T> total = start;
    if (slices == 0) {
      ForPacks(0, plan.gone.Count(1), 0, 1, filler, [&](int64_t begin, int64_t end, const auto& load) {
        for (; begin < end; ++begin) total = f(total, load(begin));
      });
    } else {
      Pack<T> parts[kMostSlices];
      ParallelFor(threads, slices, 1, [&](int64_t begin, int64_t end) {
        for (int64_t slice = begin; slice < end; ++slice) parts[slice] = FoldSlice(slice, start, filler, f, join);
      });
      for (int slice = 0; slice < slices; ++slice) total = join(total, parts[slice]);
    }
    if constexpr (kPackWidth<T> > 1) {
      if (plan.is_row) return JoinLanes(total, join);
    }
    return total;
  }

 private:
  // Calls take(begin, end, load), which wants load(i) for all i in [begin, end), for part `part` of `parts` of each of
  // the runs of the innermost axis.
  template <typename Take>
  MTC_INLINE void ForPacks(int64_t begin_run, int64_t end_run, int64_t part, int64_t parts, Pack<T> filler,
                           const Take& take) const {
    constexpr int kWidth = kPackWidth<T>;
    const AxisWalk& gone = plan.gone;
    const int64_t step = plan.is_row ? kWidth : gone.strides[0];
    const int64_t packs = plan.is_row ? gone.dims[0] / kWidth : gone.dims[0];
    const int64_t rest = plan.is_row && part == parts - 1 ? gone.dims[0] % kWidth : 0;  // lanes at the row's end
    const int64_t begin = part == 0 ? 0 : part * packs / parts,
                  end = part == parts - 1 ? packs : (part + 1) * packs / parts;
    for (int64_t run = begin_run; run < end_run; ++run) {
      const T* from = x + gone.Offset(run, 1);
      if (plan.is_row || lanes == kWidth) {
        take(begin, end, [&](int64_t i) { return LoadPack(from + i * step); });
      } else {
        take(begin, end, [&](int64_t i) { return LoadPack(from + i * step, lanes, filler); });
      }
      if (rest > 0) take(packs, packs + 1, [&](int64_t i) { return LoadPack(from + i * step, rest, filler); });
    }
  }

  // A slice is a part of the runs, or of each run where there are not enough of them.
  template <typename F, typename Join>
  MTC_INLINE Pack<T> FoldSlice(int64_t slice, Pack<T> start, Pack<T> filler, const F& f, const Join& join) const {
    const int64_t runs = plan.gone.Count(1);
    Folding<F, Join> folding(start, f, join);
    const auto take = [&](int64_t begin, int64_t end, const auto& load) { folding.Take(begin, end, load); };
    if (runs >= slices) {
      ForPacks(slice * runs / slices, (slice + 1) * runs / slices, 0, 1, filler, take);
    } else {
      ForPacks(0, runs, slice, slices, filler, take);
    }
    return folding.Total();
  }

  // Several values, since one step waits for the one before it; after some steps they become a part of their own.
  template <typename F, typename Join>
  class Folding {
   public:
    MTC_INLINE Folding(Pack<T> start, const F& f, const Join& join) : start_(start), f_(f), join_(join) { Restart(); }

    // load(i) for all i in [begin, end).
    template <typename LoadAt>
    MTC_INLINE void Take(int64_t begin, int64_t end, const LoadAt& load) {
      while (begin < end) {
        const int64_t rounds = Least((end - begin) / kValues, left_);
        Pack<T> values[kValues];
        MTC_UNROLL
        for (int k = 0; k < kValues; ++k) values[k] = values_[k];
        for (int64_t round = 0; round < rounds; ++round, begin += kValues) {
          MTC_UNROLL
          for (int k = 0; k < kValues; ++k) values[k] = f_(values[k], load(begin + k));
        }
        MTC_UNROLL
        for (int k = 0; k < kValues; ++k) values_[k] = values[k];
        left_ -= rounds;
        if (end - begin < kValues) {
          for (int k = 0; begin < end; ++k, ++begin) values_[k] = f_(values_[k], load(begin));
          --left_;
        }
        if (left_ <= 0) {
          parts_.Add(Joined(), join_);
          Restart();
        }
      }
    }
    MTC_INLINE Pack<T> Total() const { return parts_.Total(Joined(), join_); }

   private:
    static constexpr int kValues = 4;
    static constexpr int64_t kRounds = 64;

    MTC_INLINE Pack<T> Joined() const { return join_(join_(values_[0], values_[1]), join_(values_[2], values_[3])); }
    MTC_INLINE void Restart() {
      for (Pack<T>& value : values_) value = start_;
      left_ = kRounds;
    }

    Pack<T> start_, values_[kValues];
    const F& f_;
    const Join& join_;
    int64_t left_;  // rounds until the next part
    Pairwise<Pack<T>> parts_;
  };
};

// out = result(folded), which gives a Pack; in rows all its lanes are the one result. Threads share the results or, of
// few that are made of many elements, the elements; which one does not depend on their number, nor does the result.
template <typename T, typename Result>
MTC_INLINE void Reduce(KernelContext& context, const Tensor& x, Span<const int64_t> axes, const Tensor& out,
                       const Result& result) {
  const ReducePlan plan(x, axes);
  const int64_t inner = plan.is_row ? 1 : plan.kept.dims[0], blocks = (inner + kPackWidth<T> - 1) / kPackWidth<T>;
  const int first = plan.is_row ? 0 : 1;
  const int64_t work = plan.gone.Count(0) * (plan.is_row ? 1 : kPackWidth<T>);
  const int64_t tasks = plan.kept.Count(first) * blocks;
  const bool has_slices = tasks < kMostSlices / 2 && work >= 2 * kReduceGrain;
  const bool is_short = plan.gone.Count(0) <= 64 * (plan.is_row ? kPackWidth<T> : 1);
  const int slices = has_slices ? static_cast<int>(Least(work / kReduceGrain, kMostSlices)) : is_short ? 0 : 1;
  ThreadPool* const of_slices = has_slices ? context.threads : nullptr;
  ParallelFor(
      has_slices ? nullptr : context.threads, tasks, kReduceGrain / (work + 1) + 1, [&](int64_t begin, int64_t end) {
        for (int64_t task = begin; task < end; ++task) {
          const int64_t row = task / blocks, column = task % blocks * kPackWidth<T>;
          const int64_t lanes = inner - column < kPackWidth<T> ? inner - column : kPackWidth<T>;
          const T* from = x.as<T>() + plan.kept.Offset(row, first) + column;
          StorePack(out.as<T>() + row * inner + column, result(Folded<T>{plan, from, lanes, slices, of_slices}), lanes);
        }
      });
}

template <typename T>
MTC_INLINE void Mean(KernelContext& context, const Tensor& x, Span<const int64_t> axes, const Tensor& out) {
  using P = Pack<T>;
  const auto add = [](P a, P b) { return a + b; };
  Reduce<T>(context, x, axes, out, [add](const Folded<T>& folded) {
    return folded.Fold(P{}, P{}, add, add) / static_cast<Compute<T>>(folded.count());
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_REDUCE_H_
