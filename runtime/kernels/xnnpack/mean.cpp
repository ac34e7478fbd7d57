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
// Elements that one call adds up, whose error grows with their number; what calls give is added in f64.
constexpr int64_t kMostInRow = 8192, kMostInColumn = 256;

float MeanOfRow(const MeanState& state, const float* x) {
  double total = 0;
  for (int64_t at = 0; at < state.count; at += kMostInRow) {
    float part = 0;  // the microkernels add
    state.along_row(std::min(kMostInRow, state.count - at) * sizeof(float), x + at, &part, &state.params);
    total += part;
  }
  return static_cast<float>(total);
}

void MeansOfColumns(const MeanState& state, int64_t columns, const float* x, const void* zeros, float* out) {
  const auto add = [&](int64_t from, int64_t count, float* to) {
    std::memset(to, 0, columns * sizeof(float));
    state.along_column(count, columns, x + from * state.inner, state.inner * sizeof(float), zeros, to, &state.params);
  };
  if (state.count <= kMostInColumn) return add(0, state.count, out);
  double totals[kColumns] = {};
  for (int64_t at = 0; at < state.count; at += kMostInColumn) {
    add(at, std::min(kMostInColumn, state.count - at), out);
    for (int64_t j = 0; j < columns; ++j) totals[j] += out[j];
  }
  for (int64_t j = 0; j < columns; ++j) out[j] = static_cast<float>(totals[j]);
}

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
                  for (int64_t i = begin; i < end; ++i) out[i] = MeanOfRow(state, x + i * state.count);
                });
    return Status::kOk;
  }
  std::memset(context.scratch, 0, context.scratch_size);
  const int64_t groups = (state.inner - 1) / kColumns + 1;
  const int64_t work = state.count * std::min(kColumns, state.inner);
  ParallelFor(context.threads, state.outer * groups, std::max<int64_t>(kElementGrain / work, 1),
              [&](int64_t begin, int64_t end) {
                while (begin < end) {
                  // As many columns as this range holds of one image, if their totals need not be kept.
                  const int64_t image = begin / groups, group = begin % groups;
                  const int64_t taken = state.count > kMostInColumn ? 1 : std::min(end - begin, groups - group);
                  const int64_t column = group * kColumns;
                  const int64_t columns = std::min(taken * kColumns, state.inner - column);
                  MeansOfColumns(state, columns, x + image * state.count * state.inner + column, context.scratch,
                                 out + image * state.inner + column);
                  begin += taken;
                }
              });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(Mean)

}  // namespace MTC_XNNPACK
