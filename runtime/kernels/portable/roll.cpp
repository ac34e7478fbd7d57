#include "kernels/axes.h"
#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PrepareRoll(PrepareContext& context, const RollArgs& args) {
  if (args.shifts.size() != args.axes.size()) {
    return context.Fail(Status::kInvalidProgram, "%zu shifts for %zu axes", args.shifts.size(), args.axes.size());
  }
  MTC_RETURN_IF_ERROR(CheckAxes(context, args.axes, args.x->rank));
  return SameShape(context, args.x, args.out);
}

// Rows are written where they move to; within a row the two parts change places.
template <typename W>
[[gnu::noinline]] void Roll(ThreadPool* threads, const Tensor& x, const Tensor& out, const int64_t* shifts) {
  const Strides strides(x);
  const int last = x.rank - 1;
  const int64_t length = x.dims[last], shift = shifts[last];
  ParallelFor(threads, x.count() / length, kCopyGrain / length + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      int64_t rest = row, place = 0;
      for (int axis = last - 1; axis >= 0; rest /= x.dims[axis--]) {
        place += (rest % x.dims[axis] + shifts[axis]) % x.dims[axis] * strides.at[axis];
      }
      const W* from = x.as<W>() + row * length;
      W* to = out.as<W>() + place;
      std::memcpy(to + shift, from, static_cast<size_t>(length - shift) * sizeof(W));
      std::memcpy(to, from + length - shift, static_cast<size_t>(shift) * sizeof(W));
    }
  });
}

template <typename T>
Status RunRoll(KernelContext& context, const RollArgs& args) {
  const Tensor& x = *args.x;
  int64_t shifts[kMaxRank] = {};
  if (x.count() == 0) return Status::kOk;
  if (x.rank == 0) {
    *args.out->as<T>() = *x.as<T>();
    return Status::kOk;
  }
  for (int axis = 0; axis < x.rank; ++axis) {
    const int place = PlaceOfAxis(args.axes, axis, x.rank);
    const int64_t rest = place < 0 ? 0 : args.shifts[place] % x.dims[axis];
    shifts[axis] = rest < 0 ? rest + x.dims[axis] : rest;
  }
  Roll<Word<T>>(context.threads, x, *args.out, shifts);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Roll)

}  // namespace MTC_PORTABLE
