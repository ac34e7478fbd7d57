// XNNPACK is built and linked as the kernels need it: the operator-level API computes a convolution.

#include <xnnpack.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace {

struct OperatorDeleter {
  void operator()(xnn_operator* op) const { xnn_delete_operator(op); }
};

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

// A 1x1 convolution with a clamp is a matrix product per pixel, which the test can write down.
TEST(XnnpackOperator, PointwiseConvolution) {
  constexpr size_t kPixels = 3, kIn = 5, kOut = 4;
  ASSERT_EQ(xnn_initialize(nullptr), xnn_status_success);

  std::vector<float> weights(kOut * kIn), bias(kOut);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = 0.25f * static_cast<float>(i % 7) - 0.5f;
  for (size_t i = 0; i < bias.size(); ++i) bias[i] = static_cast<float>(i) - 1.0f;

  xnn_operator_t raw = nullptr;
  ASSERT_EQ(xnn_create_convolution2d_nhwc_f32(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, kIn, kOut, kIn, kOut, weights.data(),
                                              bias.data(), 0.0f, INFINITY, 0, nullptr, nullptr, &raw),
            xnn_status_success);
  const std::unique_ptr<xnn_operator, OperatorDeleter> op(raw);

  size_t workspace_size = 0, workspace_alignment = 0, height = 0, width = 0;
  ASSERT_EQ(xnn_reshape_convolution2d_nhwc_f32(op.get(), 1, 1, kPixels, &workspace_size, &workspace_alignment, &height,
                                               &width, nullptr),
            xnn_status_success);
  EXPECT_EQ(height, 1u);
  EXPECT_EQ(width, kPixels);

  std::vector<float> input(kPixels * kIn + XNN_EXTRA_BYTES / sizeof(float));
  for (size_t i = 0; i < kPixels * kIn; ++i) input[i] = std::sin(static_cast<float>(i));
  std::vector<float> output(kPixels * kOut);
  const std::unique_ptr<void, Free> workspace(
      workspace_size == 0 ? nullptr : std::aligned_alloc(64, (workspace_size + 63) / 64 * 64));
  ASSERT_EQ(xnn_setup_convolution2d_nhwc_f32(op.get(), workspace.get(), input.data(), output.data()),
            xnn_status_success);
  ASSERT_EQ(xnn_run_operator(op.get(), nullptr), xnn_status_success);

  for (size_t pixel = 0; pixel < kPixels; ++pixel) {
    for (size_t out = 0; out < kOut; ++out) {
      float expected = bias[out];
      for (size_t in = 0; in < kIn; ++in) expected += input[pixel * kIn + in] * weights[out * kIn + in];
      EXPECT_NEAR(output[pixel * kOut + out], std::fmax(expected, 0.0f), 1e-5f);
    }
  }
}

}  // namespace
