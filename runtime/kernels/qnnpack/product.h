// Convolutions, their transposes and linear layers: products with constant weights, packed once for the program.

#ifndef MTC_KERNELS_QNNPACK_PRODUCT_H_
#define MTC_KERNELS_QNNPACK_PRODUCT_H_

#include <qnnpack/pack.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/packed_constant.h"
#include "kernels/qnnpack/operator.h"
#include "kernels/requantization.h"

namespace MTC_QNNPACK {

// What the microkernels read beyond the last channel.
inline constexpr int64_t kMoreChannels = 8;

struct ProductState : OperatorState {
  std::vector<float> ratios;          // of the sums' scale to the result's, for each channel
  std::vector<uint8_t> weight_zeros;  // of each channel
};

// How weights are found in a constant. All counts are of one group.
struct WeightSizes {
  int64_t groups, channels, taps, depth;
  int64_t group_step, channel_step, tap_step, depth_step;
};

// Weights as QNNPACK has them, unsigned.
class Weights {
 public:
  Weights(const Tensor& weight, const WeightSizes& sizes)
      : data_(weight.as<const uint8_t>()), sizes_(sizes), flip_(weight.dtype == DType::kQI8 ? 0x80 : 0) {}

  // Those of `count` channels of a group, [count, taps, depth].
  void Copy(int64_t group, int64_t channel, int64_t count, uint8_t* to) const {
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t tap = 0; tap < sizes_.taps; ++tap) {
        const uint8_t* from =
            data_ + group * sizes_.group_step + (channel + i) * sizes_.channel_step + tap * sizes_.tap_step;
        for (int64_t d = 0; d < sizes_.depth; ++d) *to++ = from[d * sizes_.depth_step] ^ flip_;
      }
    }
  }

 private:
  const uint8_t* data_;
  WeightSizes sizes_;
  uint8_t flip_;
};

inline int64_t RoundUp(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// A tile of channels after the other.
struct PackedProduct {
  const WeightSizes& sizes;
  const MTC_PORTABLE::Requantization& quantization;
  const uint8_t* weight_zeros;
  int64_t tile = pytorch_qnnp_params.q8conv.nr, step = pytorch_qnnp_params.q8conv.kr;

  int64_t tile_bytes() const { return tile * (sizes.taps * RoundUp(sizes.depth, step) + int64_t{sizeof(int32_t)}); }
  int64_t bytes() const { return sizes.groups * (RoundUp(sizes.channels, tile) / tile) * tile_bytes(); }

  void Pack(const Weights& weights, uint8_t* to) const {
    std::vector<uint8_t> block(static_cast<size_t>(tile * sizes.taps * sizes.depth));
    int32_t bias[kMoreChannels];
    for (int64_t group = 0; group < sizes.groups; ++group) {
      for (int64_t first = 0; first < sizes.channels; first += tile, to += tile_bytes()) {
        const int64_t count = std::min(tile, sizes.channels - first), channel = group * sizes.channels + first;
        weights.Copy(group, first, count, block.data());
        for (int64_t i = 0; i < count; ++i) bias[i] = static_cast<int32_t>(quantization.Bias(channel + i));
        pytorch_pack_q8conv_wrq(static_cast<size_t>(count), static_cast<size_t>(sizes.taps),
                                static_cast<size_t>(sizes.depth), static_cast<uint32_t>(tile),
                                static_cast<uint32_t>(step), block.data(), bias, weight_zeros + channel, to);
      }
    }
  }
};

// Convolutions of each channel by itself, with 3 by 3 or 5 by 5 taps.
struct PackedDepthwise {
  const WeightSizes& sizes;
  const MTC_PORTABLE::Requantization& quantization;
  static constexpr int64_t kTile = 8;

  int64_t channels() const { return RoundUp(sizes.groups, kTile); }
  int64_t bytes() const { return channels() * (sizes.taps + int64_t{sizeof(int32_t)}); }

  void Pack(const Weights& weights, uint8_t* to) const {
    uint8_t block[kTile * 25];
    int32_t bias[kTile];
    for (int64_t first = 0; first < sizes.groups; first += kTile) {
      const int64_t count = std::min(kTile, sizes.groups - first);
      for (int64_t i = 0; i < count; ++i) {
        weights.Copy(first + i, 0, 1, block + i * sizes.taps);
        bias[i] = static_cast<int32_t>(quantization.Bias(first + i));
      }
      if (sizes.taps == 9) {
        pytorch_pack_q8dw_wrq(3, 3, static_cast<size_t>(count), kTile, block, bias, to + first * (9 + 4));
        continue;
      }
      // Three passes, of two, two and one columns of the window; the first with the bias.
      const auto pack = [&](size_t begin, size_t end, uint8_t* part, bool with_bias) {
        pytorch_pack_q8dw_2d_w_dilation(5, 5, static_cast<size_t>(count), kTile, 0, 5, begin, end, block, bias, part,
                                        with_bias);
      };
      pack(0, 2, to + first * (10 + 4), true);
      pack(2, 4, to + channels() * (10 + 4) + first * 10, false);
      pack(4, 5, to + channels() * (20 + 4) + first * 5, false);
    }
  }
};

// Everything that decides the packed bytes beside the weights and the bias.
inline std::array<int64_t, 13> PackingKey(const WeightSizes& sizes, const Tensor& x, const Tensor& weight,
                                          bool is_depthwise) {
  const Quantization &qx = *x.quantization, &qw = *weight.quantization;
  return {is_depthwise,
          sizes.groups,
          sizes.channels,
          sizes.taps,
          sizes.depth,
          sizes.depth_step,
          KeyPart(qx.scale),
          KeyPart(qw.scale),
          qw.axis < 0 ? 1 : qw.count,
          KeyPart(qw.scales),
          static_cast<int64_t>(qw.scales_type),
          qw.zero_point,
          KeyPart(qw.zero_points)};
}

// Makes the operator: the weights packed, what is read in place of padding, scales and zero points.
inline Status MakeProduct(PrepareContext& context, pytorch_qnnp_ukernel_type kind, const WeightSizes& sizes,
                          const Tensor& x, const Tensor& weight, const Tensor* bias, const Tensor& out,
                          Span<const double> clamp) {
  auto& state = *static_cast<ProductState*>(context.state.get());
  const int64_t channels = sizes.groups * sizes.channels;
  MTC_PORTABLE::Requantization q;
  MTC_RETURN_IF_ERROR(MTC_PORTABLE::DeriveRequantization(context, x, weight, bias, out, clamp, channels, &q));
  state.ratios.assign(static_cast<size_t>(channels + kMoreChannels), 0);
  state.weight_zeros.assign(static_cast<size_t>(channels + kMoreChannels), 0);
  for (int64_t i = 0; i < channels; ++i) {
    state.ratios[static_cast<size_t>(i)] = q.ratios[q.at(i)];
    state.weight_zeros[static_cast<size_t>(i)] =
        static_cast<uint8_t>(q.weight_zero(i) + (weight.dtype == DType::kQI8 ? 128 : 0));
  }

  const bool is_depthwise = kind == pytorch_qnnp_ukernel_type_dwconv;
  const PackedSource source = {Packing::kQnnpackProduct, weight, bias == nullptr ? nullptr : bias->data,
                               PackingKey(sizes, x, weight, is_depthwise)};
  const Weights weights(weight, sizes);
  const PackedProduct product = {sizes, q, state.weight_zeros.data()};
  const PackedDepthwise depthwise = {sizes, q};
  const void* packed;
  MTC_RETURN_IF_ERROR(PackOnce<uint8_t>(
      context, source, is_depthwise ? depthwise.bytes() : product.bytes(),
      [&](uint8_t* to) { is_depthwise ? depthwise.Pack(weights, to) : product.Pack(weights, to); }, &packed));

  Operator op(static_cast<pytorch_qnnp_operator*>(std::calloc(1, sizeof(pytorch_qnnp_operator))));
  const int64_t pixel = (is_depthwise ? depthwise.channels() : RoundUp(sizes.depth, product.step)) + kMoreChannels;
  void* zeros = std::malloc(static_cast<size_t>(pixel));
  if (op == nullptr || zeros == nullptr) {
    std::free(zeros);
    return OutOfMemory(context);
  }
  std::memset(zeros, q.x_zero, static_cast<size_t>(pixel));
  op->zero_buffer = zeros;
  op->zero_pointer = static_cast<uint8_t*>(zeros) + kMoreChannels;  // a few channels are read from before them
  op->packed_weights = const_cast<void*>(packed);
  op->ukernel_type = kind;
  op->format = pytorch_qnnp_format_quint8;
  op->per_channel = true;
  op->groups = static_cast<uint32_t>(sizes.groups);
  op->group_stride = static_cast<size_t>(depthwise.channels());
  op->group_input_channels = static_cast<size_t>(sizes.depth);
  op->group_output_channels = static_cast<size_t>(sizes.channels);
  op->conv_quantization_params = pytorch_qnnp_compute_conv_quantization_params(
      static_cast<uint8_t>(q.x_zero), state.weight_zeros.data(), state.ratios.data(), static_cast<uint8_t>(q.out_zero),
      static_cast<uint8_t>(q.limits.low), static_cast<uint8_t>(q.limits.high));
  state.op = std::move(op);
  return Status::kOk;
}

}  // namespace MTC_QNNPACK

#endif  // MTC_KERNELS_QNNPACK_PRODUCT_H_
