#include "kernels/elementwise.h"
#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PreparePad(PrepareContext& context, const PadArgs& args) {
  const Tensor& x = *args.x;
  if (args.padding.size() != 2u * x.rank) {
    return context.Fail(Status::kInvalidProgram, "padding has %zu sizes, not before and after each of %d axes",
                        args.padding.size(), x.rank);
  }
  int64_t dims[kMaxRank];
  for (int axis = 0; axis < x.rank; ++axis) {
    const int64_t before = args.padding[2 * axis], after = args.padding[2 * axis + 1], size = x.dims[axis];
    const int64_t larger = before > after ? before : after;
    const bool fits = args.mode == PadMode::kConstant || larger == 0 ||
                      (args.mode == PadMode::kReplicate ? size > 0 : larger <= size - (args.mode == PadMode::kReflect));
    if (before < 0 || after < 0 || !fits || __builtin_add_overflow(size, before, &dims[axis]) ||
        __builtin_add_overflow(dims[axis], after, &dims[axis])) {
      return context.Fail(Status::kInvalidArgument, "padding of %lld and %lld around %lld elements",
                          static_cast<long long>(before), static_cast<long long>(after), static_cast<long long>(size));
    }
  }
  return context.Resize(args.out, {dims, x.rank});
}

// Which element stands at `place` from the first one; -1 if none does.
inline int64_t SourceOf(PadMode mode, int64_t place, int64_t size) {
  if (place >= 0 && place < size) return place;
  switch (mode) {
    case PadMode::kReflect:
      return place < 0 ? -place : 2 * (size - 1) - place;
    case PadMode::kReplicate:
      return place < 0 ? 0 : size - 1;
    case PadMode::kCircular:
      return place < 0 ? place + size : place - size;
    default:
      return -1;
  }
}

// Row `row` of the result: what stands before the operand's row, that row, and what stands after it.
template <typename W>
void PadRow(const PadArgs& args, const Strides& strides, int64_t row, W value) {
  const Tensor &x = *args.x, &out = *args.out;
  const int last = x.rank - 1;
  const int64_t length = out.dims[last], size = x.dims[last], before = args.padding[2 * last];
  const W* from = x.as<W>();
  W* to = out.as<W>() + row * length;
  for (int axis = last - 1; axis >= 0 && from != nullptr; row /= out.dims[axis--]) {
    const int64_t source = SourceOf(args.mode, row % out.dims[axis] - args.padding[2 * axis], x.dims[axis]);
    from = source < 0 ? nullptr : from + source * strides.at[axis];
  }
  if (from == nullptr) {
    for (int64_t i = 0; i < length; ++i) to[i] = value;
    return;
  }
  const auto fill = [&](int64_t begin, int64_t end) {
    if (args.mode == PadMode::kConstant) {
      for (int64_t i = begin; i < end; ++i) to[i] = value;
    } else {
      for (int64_t i = begin; i < end; ++i) to[i] = from[SourceOf(args.mode, i - before, size)];
    }
  };
  fill(0, before);
  std::memcpy(to + before, from, static_cast<size_t>(size) * sizeof(W));
  fill(before + size, length);
}

// `value` is a word of the dtype's size.
template <typename W>
[[gnu::noinline]] void Pad(ThreadPool* threads, const PadArgs& args, W value) {
  const Strides strides(*args.x);
  const int64_t length = args.out->row_size();
  ParallelFor(threads, args.out->count() / length, kCopyGrain / length + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) PadRow(args, strides, row, value);
  });
}

template <typename T>
Status RunPad(KernelContext& context, const PadArgs& args) {
  if (Count(*args.out) == 0) return Status::kOk;
  T value;
  if constexpr (std::is_same_v<T, Bool>) {
    value = args.value != 0;
  } else {
    value = static_cast<T>(Constant<T>(args.value));
  }
  if (args.x->rank == 0) {
    *args.out->as<T>() = *args.x->as<T>();
  } else {
    Pad(context.threads, args, BitCast<Word<T>>(value));
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Pad)

}  // namespace MTC_PORTABLE
