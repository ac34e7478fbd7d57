#ifndef MTC_KERNELS_CHANNELS_LAST_SIZES_H_
#define MTC_KERNELS_CHANNELS_LAST_SIZES_H_

#include <cstdint>

#include "kernels/simd.h"
#include "kernels/spatial.h"

namespace MTC_PORTABLE {

// A convolution of channels-last images of two axes.
struct ChannelsLastSizes : Spatial {
  int64_t batch, depth, channels;  // depth: input channels of a group
  int64_t in_pitch, out_pitch;     // elements from pixel to pixel
  bool is_padded;
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
