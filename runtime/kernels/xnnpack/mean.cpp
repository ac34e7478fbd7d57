#include <algorithm>
#include <cstring>
#include <limits>

#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

// The axes as three: `count` elements are averaged, for each of `outer` and each of `inner`.
struct MeanState : KernelState {
  int64_t outer = 1;
  int64_t count = 1;
  int64_t inner = 1;
  xnn_reduce_ukernel_fn along_row = nullptr;
  xnn_rdsum_ukernel_fn along_column = nullptr;
  xnn_reduce_params params = {};
};

constexpr int64_t kColumns = 64;  // channels that one call of the microkernel sums at the same time

}  // namespace

Status PrepareMean(PrepareContext& context, const MeanArgs& args) {
  const Tensor& x = *args.x;
  bool is_reduced[kMaxRank] = {};
  for (const int64_t given : args.axes) {
    int axis = 0;
    MTC_RETURN_IF_ERROR(NormalizeAxis(context, given, x.rank, &axis));
    is_reduced[axis] = true;
  }
  int64_t dims[kMaxRank];
  size_t rank = 0;
  int first = x.rank, last = -1, reduced = 0;
  for (int i = 0; i < x.rank; ++i) {
    if (args.axes.empty()) is_reduced[i] = true;
    if (is_reduced[i]) {
      first = std::min(first, i);
      last = i;
      ++reduced;
      if (args.keepdim) dims[rank++] = 1;
    } else {
      dims[rank++] = x.dims[i];
    }
  }
  if (reduced == 0 || last - first + 1 != reduced) {
    return context.Fail(Status::kInvalidProgram, "mean: the axes are not neighbours");
  }
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, rank}));
  auto* state = StateOf<MeanState>(context);
  if (state == nullptr) return OutOfMemory(context);
  state->outer = state->count = state->inner = 1;
  for (int i = 0; i < x.rank; ++i) (i < first ? state->outer : i > last ? state->inner : state->count) *= x.dims[i];
  const xnn_reduce_config* config = last == x.rank - 1 ? xnn_init_f32_rsum_config() : xnn_init_f32_rdsum_config();
  if (config == nullptr) return Unsupported(context);
  state->along_row = last == x.rank - 1 ? config->ukernel : nullptr;
  state->along_column = last == x.rank - 1 ? nullptr : config->rd_ukernel;
  config->update(&state->params, 1.0f / static_cast<float>(state->count), static_cast<int32_t>(state->count));
  // Zeros, which the microkernel reads for rows that are not there.
  if (state->along_column != nullptr) {
    context.RequireScratch(1, state->inner, sizeof(float));
    context.RequireScratch(XNN_EXTRA_BYTES);
  }
  return Status::kOk;
}

template <typename T>
Status RunMean(KernelContext& context, const MeanArgs& args) {
  const auto& state = *static_cast<const MeanState*>(context.state.get());
  const T* x = args.x->as<const T>();
  T* out = args.out->as<T>();
  if (args.out->count() == 0) return Status::kOk;
  if (state.count == 0) {  // 0 / 0
    std::fill_n(out, args.out->count(), std::numeric_limits<T>::quiet_NaN());
    return Status::kOk;
  }
  if (state.along_row != nullptr) {
    ParallelFor(context.threads, state.outer, std::max<int64_t>(kElementGrain / state.count, 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    out[i] = 0;  // the microkernels add
                    state.along_row(state.count * sizeof(T), x + i * state.count, out + i, &state.params);
                  }
                });
    return Status::kOk;
  }
  std::memset(context.scratch, 0, context.scratch_size);
  const int64_t groups = (state.inner - 1) / kColumns + 1;
  const int64_t work = state.count * std::min(kColumns, state.inner);
  ParallelFor(context.threads, state.outer * groups, std::max<int64_t>(kElementGrain / work, 1),
              [&](int64_t begin, int64_t end) {
                while (begin < end) {
                  // As many columns as this range holds of one image.
                  const int64_t image = begin / groups, group = begin % groups;
                  const int64_t taken = std::min(end - begin, groups - group);
                  const int64_t column = group * kColumns;
                  const int64_t columns = std::min(taken * kColumns, state.inner - column);
                  T* to = out + image * state.inner + column;
                  std::memset(to, 0, columns * sizeof(T));
                  state.along_column(state.count, columns, x + image * state.count * state.inner + column,
                                     state.inner * sizeof(T), context.scratch, to, &state.params);
                  begin += taken;
                }
              });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Mean)

}  // namespace MTC_XNNPACK
