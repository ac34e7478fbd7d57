#ifndef MTC_KERNELS_CHANNELS_LAST_SIZES_H_
#define MTC_KERNELS_CHANNELS_LAST_SIZES_H_

#include <cstdint>

#include "kernels/simd.h"

namespace MTC_PORTABLE {

// A convolution of channels-last images.
struct ChannelsLastSizes {
  int64_t batch, depth, channels;  // depth: input channels of a group
  int64_t in[2], out[2], kernel[2], stride[2], dilation[2], before[2], after[2];
  int64_t in_pitch, out_pitch;  // elements from pixel to pixel

  int64_t taps() const { return kernel[0] * kernel[1]; }
  bool is_padded() const { return before[0] != 0 || before[1] != 0 || after[0] != 0 || after[1] != 0; }
};

// Elements of a vector at a level, for Prepare, which exists at the base level only.
constexpr int64_t LanesAt(Isa isa) { return int64_t{4} << static_cast<int>(isa); }

// Where a vector of channels begins. The last one ends with the last channel; it may begin within the one before. Where
// there are fewer channels than lanes, the only one begins with the first.
constexpr int64_t VectorChannel(Isa isa, int64_t channels, int64_t vector) {
  return Least(vector * LanesAt(isa), Most(channels - LanesAt(isa), 0));
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_CHANNELS_LAST_SIZES_H_
