#ifndef MTC_CORE_ISA_H_
#define MTC_CORE_ISA_H_

#include <cstdint>

namespace mtc {

// Instruction-set levels a hot kernel may be compiled for; Run of the highest one that the processor has is used.
// kAvx2 and kAvx512 are x86-64-v3 and x86-64-v4, of which cmake/isa_levels.cmake uses a part.
enum class Isa : uint8_t { kBase, kAvx2, kAvx512 };
inline constexpr int kIsaCount = 3;

// The highest level that both the processor and the operating system serve.
Isa DetectIsa();
// Whether a processor of level kAvx512 also shuffles bytes in whole vectors. Asking takes a while.
bool HasVbmi();

}  // namespace mtc

#endif  // MTC_CORE_ISA_H_
