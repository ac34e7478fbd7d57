// Generated from runtime/schema/program.fbs by scripts/generate; do not edit.

#ifndef MTC_GENERATED_PROGRAM_LAYOUT_H_
#define MTC_GENERATED_PROGRAM_LAYOUT_H_

#include <cstdint>

#include "program/table_walk.h"

namespace mtc {

// The fields of all tables, one table after the other.
inline constexpr FieldLayout kFieldLayouts[] = {
    // Segment
    {FieldShape::kScalar, 1},
    {FieldShape::kScalar, 8},
    {FieldShape::kScalar, 8},
    {FieldShape::kText, 0},
    // Constant
    {FieldShape::kScalar, 1},
    {FieldShape::kScalars, 8},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 8},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 4},
    // State
    {FieldShape::kText, 0},
    {FieldShape::kScalar, 1},
    {FieldShape::kScalars, 8},
    {FieldShape::kScalar, 4},
    // QParams
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 8},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 4},
    // Value
    {FieldShape::kScalar, 1},
    {FieldShape::kScalars, 8},
    {FieldShape::kScalar, 1},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 8},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 8},
    {FieldShape::kScalar, 1},
    {FieldShape::kScalar, 4},
    // Attr
    {FieldShape::kScalars, 8},
    {FieldShape::kScalars, 8},
    {FieldShape::kScalars, 4},
    // Instruction
    {FieldShape::kScalar, 4},
    {FieldShape::kScalars, 4},
    {FieldShape::kScalars, 4},
    {FieldShape::kTables, 5},
    {FieldShape::kScalars, 4},
    // Function
    {FieldShape::kText, 0},
    {FieldShape::kTables, 4},
    {FieldShape::kScalars, 4},
    {FieldShape::kScalars, 4},
    {FieldShape::kTexts, 0},
    {FieldShape::kTexts, 0},
    {FieldShape::kScalars, 24},
    {FieldShape::kScalars, 24},
    {FieldShape::kTexts, 0},
    {FieldShape::kTables, 6},
    {FieldShape::kScalar, 8},
    {FieldShape::kScalar, 1},
    // Sample
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 1},
    {FieldShape::kScalar, 1},
    {FieldShape::kScalars, 8},
    {FieldShape::kScalar, 4},
    {FieldShape::kScalar, 8},
    // Entry
    {FieldShape::kText, 0},
    {FieldShape::kText, 0},
    // Program
    {FieldShape::kText, 0},
    {FieldShape::kTexts, 0},
    {FieldShape::kTables, 7},
    {FieldShape::kTables, 1},
    {FieldShape::kTables, 2},
    {FieldShape::kTables, 0},
    {FieldShape::kTables, 8},
    {FieldShape::kTables, 9},
    {FieldShape::kTexts, 0},
    {FieldShape::kTables, 3},
    // DebugInstruction
    {FieldShape::kText, 0},
    {FieldShape::kText, 0},
    // DebugFunction
    {FieldShape::kTexts, 0},
    {FieldShape::kTables, 11},
    // Debug
    {FieldShape::kTables, 12},
};
// Where in it each table ends.
inline constexpr uint8_t kTableEnds[] = {4, 10, 14, 20, 29, 32, 37, 49, 56, 58, 68, 70, 72, 73};
inline constexpr uint8_t kProgramTable = 10;
inline constexpr uint8_t kDebugTable = 13;

}  // namespace mtc

#endif  // MTC_GENERATED_PROGRAM_LAYOUT_H_
