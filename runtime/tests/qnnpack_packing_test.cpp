// Weights are packed once for the program, by mtc: they lie as QNNPACK's own operators lay them.

#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/qnnpack/product.h"

namespace MTC_QNNPACK {
namespace {

constexpr int64_t kChannels = 16;  // of all groups, whole tiles of every processor's microkernels

class QnnpackPacking : public testing::Test {
 protected:
  // `count` weights, and parameters of each channel.
  void SetUp() override {
    for (int64_t i = 0; i < kChannels; ++i) {
      zeros_.push_back(static_cast<uint8_t>(100 + i));
      scales_.push_back(0.5f + static_cast<float>(i));
      bias_.push_back(static_cast<float>(1000 * i - 7000));
      steps_.push_back(static_cast<int32_t>(1000 * i - 7000));
    }
    zeros_.resize(kChannels + kMoreChannels);
    scales_.resize(kChannels + kMoreChannels);
    bias_tensor_.data = bias_.data();
    quantization_.scales = {1};
    quantization_.bias = &bias_tensor_;
  }

  // Whether `made` has the weights as they are packed here, from signed or from unsigned ones.
  template <typename Packed>
  void ExpectPacked(pytorch_qnnp_status status, pytorch_qnnp_operator* made, const Packed& packed,
                    const WeightSizes& sizes) {
    ASSERT_EQ(status, pytorch_qnnp_status_success);
    for (const DType dtype : {DType::kQU8, DType::kQI8}) {
      std::vector<uint8_t> given = weights_;
      for (uint8_t& weight : given) weight ^= dtype == DType::kQI8 ? 0x80 : 0;
      Tensor tensor;
      tensor.data = given.data();
      tensor.dtype = dtype;
      std::vector<uint8_t> bytes(static_cast<size_t>(packed.bytes()));
      packed.Pack(Weights(tensor, sizes), bytes.data());
      EXPECT_EQ(std::memcmp(made->packed_weights, bytes.data(), bytes.size()), 0);
    }
    pytorch_qnnp_delete_operator(made);
  }

  const uint8_t* Fill(int64_t count) {
    for (int64_t i = 0; i < count; ++i) weights_.push_back(static_cast<uint8_t>(i * 37 + i / 256));
    return weights_.data();
  }

  pytorch_qnnp_operator_t MakeConvolution(uint32_t height, uint32_t width, uint32_t groups, size_t depth,
                                          pytorch_qnnp_status* status) {
    pytorch_qnnp_operator_t made = nullptr;
    *status = pytorch_qnnp_create_convolution2d_nhwc_q8(0, 0, height, width, 1, 1, 1, 1, groups, depth,
                                                        kChannels / groups, 3, zeros_.data(), weights_.data(),
                                                        steps_.data(), 0, 0, 255, 0, scales_.data(), true, &made);
    return made;
  }

  std::vector<uint8_t> weights_, zeros_;
  std::vector<float> scales_, bias_;
  std::vector<int32_t> steps_;
  Tensor bias_tensor_;
  MTC_PORTABLE::Requantization quantization_;
};

TEST_F(QnnpackPacking, ConvolutionsInGroups) {
  constexpr int64_t kTaps = 6, kDepth = 5, kOut = kChannels / 2;
  Fill(kChannels * kTaps * kDepth);
  pytorch_qnnp_status status;
  pytorch_qnnp_operator_t made = MakeConvolution(2, 3, 2, kDepth, &status);
  const WeightSizes sizes = {2, kOut, kTaps, kDepth, kOut * kTaps * kDepth, kTaps * kDepth, kDepth, 1};
  ExpectPacked(status, made, PackedProduct{sizes, quantization_, zeros_.data()}, sizes);
}

TEST_F(QnnpackPacking, DepthwiseConvolutions) {
  for (const int64_t side : {3, 5}) {
    const int64_t taps = side * side;
    weights_.clear();
    Fill(kChannels * taps);
    pytorch_qnnp_status status;
    const auto window = static_cast<uint32_t>(side);
    pytorch_qnnp_operator_t made = MakeConvolution(window, window, kChannels, 1, &status);
    const WeightSizes sizes = {kChannels, 1, taps, 1, taps, taps, 1, 1};
    ExpectPacked(status, made, PackedDepthwise{sizes, quantization_}, sizes);
  }
}

TEST_F(QnnpackPacking, TransposedConvolutions) {
  constexpr int64_t kTaps = 6, kDepth = 5;
  Fill(kDepth * kTaps * kChannels);
  pytorch_qnnp_operator_t made = nullptr;
  const pytorch_qnnp_status status =
      pytorch_qnnp_create_deconvolution2d_nhwc_q8(0, 0, 0, 0, 2, 3, 1, 1, 1, 1, 1, kDepth, kChannels, 3, zeros_.data(),
                                                  weights_.data(), steps_.data(), 0, 0, 255, 0, scales_.data(), &made);
  const WeightSizes sizes = {1, kChannels, kTaps, kDepth, 0, 1, kChannels, kTaps * kChannels};
  ExpectPacked(status, made, PackedProduct{sizes, quantization_, zeros_.data()}, sizes);
}

TEST_F(QnnpackPacking, LinearLayers) {
  constexpr int64_t kDepth = 13;
  Fill(kChannels * kDepth);
  pytorch_qnnp_operator_t made = nullptr;
  const pytorch_qnnp_status status = pytorch_qnnp_create_fully_connected_nc_q8(
      kDepth, kChannels, 3, zeros_.data(), weights_.data(), steps_.data(), 0, 0, 255, 0, scales_.data(), &made);
  const WeightSizes sizes = {1, kChannels, 1, kDepth, 0, kDepth, kDepth, 1};
  ExpectPacked(status, made, PackedProduct{sizes, quantization_, zeros_.data()}, sizes);
}

}  // namespace
}  // namespace MTC_QNNPACK
