#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PrepareConcat(PrepareContext& context, const ConcatArgs& args) {
  if (args.xs.empty()) return context.Fail(Status::kInvalidProgram, "there is nothing to join");
  const Tensor& first = *args.xs[0];
  int where;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, first.rank, &where));
  if (first.rank == 0) return context.Fail(Status::kInvalidProgram, "scalars have no axis to be joined along");
  int64_t dims[kMaxRank] = {};
  for (int axis = 0; axis < first.rank; ++axis) dims[axis] = axis == where ? 0 : first.dims[axis];
  for (const Tensor* x : args.xs) {
    if (x->rank != first.rank) {
      return context.Fail(Status::kInvalidProgram, "operands of %d and %d axes are joined", first.rank, x->rank);
    }
    for (int axis = 0; axis < first.rank; ++axis) {
      if (axis == where || x->dims[axis] == dims[axis]) continue;
      return context.Fail(Status::kInvalidArgument, "tensors of sizes that do not fit are joined: %lld and %lld",
                          static_cast<long long>(dims[axis]), static_cast<long long>(x->dims[axis]));
    }
    if (__builtin_add_overflow(dims[where], x->dims[where], &dims[where])) {
      return context.Fail(Status::kInvalidArgument, "the joined tensors are larger than memory");
    }
  }
  return context.Resize(args.out, {dims, first.rank});
}

inline constexpr int64_t kFewRows = 16;  // of the result: threads divide each operand, not the rows

// Operands that were computed where they belong in the result are there already; one that lies elsewhere in the result
// gives garbage, and no harm. Along the last axis, rows of operands and result may be those of a wider tensor.
template <typename T>
Status RunConcat(KernelContext& context, const ConcatArgs& args) {
  const Tensor& out = *args.out;
  const int where = FrontAxis(args.axis, out.rank);
  const bool joins_rows = where == out.rank - 1;
  int64_t outer = 1, inner = 1;  // elements in front of the axis, and of one step along it
  for (int axis = 0; axis < where; ++axis) outer *= out.dims[axis];
  for (int axis = where + 1; axis < out.rank; ++axis) inner *= out.dims[axis];
  const int64_t length = joins_rows ? out.pitch : out.dims[where] * inner;
  const auto copy = [&](ThreadPool* threads, int64_t begin, int64_t end) {
    int64_t place = 0;
    for (const Tensor* x : args.xs) {
      const int64_t part = x->dims[where] * inner, step = joins_rows ? x->pitch : part;
      const auto* from = x->as<Word<T>>();
      auto* to = out.as<Word<T>>() + place;
      place += part;
      if (from == to) continue;
      CopyPitched(threads, from + begin * step, step, to + begin * length, length, end - begin, part);
    }
  };
  if (outer < kFewRows) {
    copy(context.threads, 0, outer);
  } else {
    ParallelFor(context.threads, outer, kCopyGrain / (length + 1) + 1,
                [&](int64_t begin, int64_t end) { copy(nullptr, begin, end); });
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Concat)

}  // namespace MTC_PORTABLE
