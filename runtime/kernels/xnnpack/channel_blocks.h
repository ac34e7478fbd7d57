// Matrix products with constant weights, one operator for each block of output channels.
//
// XNNPACK's inner loop reads all packed weights once for every few rows of the input, which is fast only while they
// lie in the L2 cache. Where they are larger, several operators compute a part of the output channels each, from
// sections of the same packed weights.

#ifndef MTC_KERNELS_XNNPACK_CHANNEL_BLOCKS_H_
#define MTC_KERNELS_XNNPACK_CHANNEL_BLOCKS_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

#include "kernels/xnnpack/operator.h"
#include "kernels/xnnpack/processor.h"
#include "kernels/xnnpack/weights_cache.h"
#include "third_party/xnnpack_selection.h"

namespace MTC_XNNPACK {

// Sizes of a product: [rows, depth * taps] by [channels, depth * taps]; a convolution has a tap for each pixel of its
// window.
struct BlockedSizes {
  int64_t rows;
  int64_t depth;
  int64_t taps;
  int64_t channels;
  int64_t weight_bytes = sizeof(float);
  int64_t channel_bytes = sizeof(float);  // of what is packed for a channel beside its weights: bias, scale
};

// Bytes of packed weights for each output channel; XNNPACK pads the depth for some microkernels.
inline int64_t PackedBytes(const xnn_gemm_config& config, const BlockedSizes& sizes) {
  const int64_t multiple = int64_t{1} << (config.log2_kr + config.log2_sr);
  const int64_t depth = (sizes.depth + multiple - 1) / multiple * multiple;
  return depth * sizes.taps * sizes.weight_bytes + sizes.channel_bytes;
}

// Output channels of a block: a multiple of the microkernel's columns, or all channels. Measured on an AVX-512 Xeon
// with 2 MB of L2: blocks of 0.3 MB reach 95 to 118 GFLOP/s where whole weights beyond L2 reach 58 to 80, and with
// 8-bit integers a fifth more than those. On Zen 4, whose L3 is fast, they make no difference for convolutions and cost
// a linear layer up to 5 percent.
inline int64_t BlockChannels(const xnn_gemm_config& config, const BlockedSizes& sizes) {
  constexpr int64_t kMostBytes = 300 << 10;
  constexpr int64_t kUnknownL2 = 512 << 10;
  const int64_t l2_bytes = L2Bytes() == 0 ? kUnknownL2 : L2Bytes();
  const int64_t bytes = PackedBytes(config, sizes);
  // Few rows read the weights only a few times.
  if (bytes * sizes.channels <= l2_bytes / 2 || sizes.rows < 4 * config.mr) return sizes.channels;
  const int64_t columns = config.nr;
  const int64_t fitting = std::min(kMostBytes, l2_bytes * 3 / 10) / bytes / columns * columns;
  return std::min(sizes.channels, std::max(fitting, 2 * columns));
}

struct ChannelBlocks : KernelState {
  struct Block {
    Operator op;
    int64_t channel = 0;
  };
  WeightsCache cache;  // operators refer to it
  std::unique_ptr<Block[]> blocks;
  int64_t count = 0;
  int64_t block_channels = 0;
  int64_t in_pitch = 0;
  int64_t out_pitch = 0;

  bool Fits(int64_t channels, int64_t in, int64_t out) const {
    return count > 0 && block_channels == channels && in_pitch == in && out_pitch == out;
  }
};

// Makes the operators; create(weights_cache, first channel, channels, &operator) makes one of them. `key` is of the
// weights of all channels.
template <typename Create>
Status CreateBlocks(KernelContext& context, ChannelBlocks& state, const xnn_gemm_config& config,
                    const BlockedSizes& sizes, int64_t block_channels, const PackedKey& key, Create create) {
  state.count = 0;
  // A last block narrower than the microkernel would be packed for another one: it joins the one before.
  int64_t count = (sizes.channels + block_channels - 1) / block_channels;
  if (count > 1 && sizes.channels - (count - 1) * block_channels < config.nr) --count;
  state.blocks.reset(new (std::nothrow) ChannelBlocks::Block[static_cast<size_t>(count)]);
  if (state.blocks == nullptr) return OutOfMemory(context);
  // All weights are packed as one, so that functions that divide them differently share them.
  xnn_operator_t made = nullptr;
  const xnn_weights_cache_t cache = state.cache.Whole(context.packed, key);
  MTC_RETURN_IF_ERROR(Check(context, create(cache, 0, sizes.channels, &made)));
  state.blocks[0].op.reset(made);
  if (count > 1) {
    const auto* weights = static_cast<const uint8_t*>(state.cache.found());
    const int64_t bytes = PackedBytes(config, sizes);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t first = i * block_channels;
      const int64_t channels = i + 1 < count ? block_channels : sizes.channels - first;
      made = nullptr;
      const xnn_status status = create(state.cache.Section(weights + first * bytes), first, channels, &made);
      MTC_RETURN_IF_ERROR(Check(context, status));
      state.blocks[i].op.reset(made);
      state.blocks[i].channel = first;
    }
  }
  state.count = count;
  state.block_channels = block_channels;
  return Status::kOk;
}

// Runs the operators; setup(operator, first channel) says what with.
template <typename Setup>
Status RunBlocks(KernelContext& context, const ChannelBlocks& state, const Setup& setup) {
  for (int64_t i = 0; i < state.count; ++i) {
    const ChannelBlocks::Block& block = state.blocks[i];
    MTC_RETURN_IF_ERROR(Check(context, setup(block.op.get(), block.channel)));
    MTC_RETURN_IF_ERROR(RunOperator(context, block.op));
  }
  return Status::kOk;
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_CHANNEL_BLOCKS_H_
