#ifndef MTC_PROGRAM_PROGRAM_H_
#define MTC_PROGRAM_PROGRAM_H_

#include <cstdint>

#include "core/block.h"
#include "core/file_map.h"
#include "core/list.h"
#include "core/status.h"
#include "core/tensor.h"
#include "program/tables.h"

namespace mtc {

// Where a program is.
class ProgramSource {
 public:
  static ProgramSource File(const char* path) {
    ProgramSource source;
    source.path_ = path;
    return source;
  }
  // Used in place if it is 64-byte aligned and constants may be over-read there, else copied.
  static ProgramSource Memory(const void* data, uint64_t size) {
    ProgramSource source;
    source.data_ = size == 0 ? "" : data;
    source.size_ = size;
    return source;
  }
  // A range of an open file; external segments are not found that way.
  static ProgramSource Range(int fd, uint64_t offset, uint64_t size) {
    ProgramSource source;
    source.fd_ = fd;
    source.offset_ = offset;
    source.size_ = size;
    return source;
  }

 private:
  friend class Program;
  ProgramSource() = default;

  const char* path_ = nullptr;  // of a file alone
  const void* data_ = nullptr;  // in memory alone
  int fd_ = -1;
  uint64_t offset_ = 0;
  uint64_t size_ = 0;
};

// A loaded and verified program. Immutable once it is loaded, so that threads may share it.
class Program {
 public:
  // Once. `max_memory` limits what its sessions use as well; 0: none.
  Status Load(const ProgramSource& source, uint64_t max_memory, Error& error);

  const schema::Program& tables() const { return *tables_; }
  // Those that a caller may run: the ones before the first that is nested in another.
  uint32_t entry_count() const { return entry_count_; }
  const schema::Function& function(uint32_t index) const { return *tables_->functions()->Get(index); }
  const void* constant(uint32_t index) const;
  const void* sample(const schema::Sample& sample) const;
  // What quantized elements of that value stand for; null of others.
  const Quantization* quantization(const schema::Value& value) const;
  // Bytes of all that was loaded.
  uint64_t size() const { return size_; }
  // The limit it was loaded with; 0: none.
  uint64_t max_memory() const { return max_memory_; }
  // Null where the debug segment was stripped.
  const schema::DebugFunction* debug(uint32_t function) const;
  // Name and source line of an instruction, or "".
  const char* InstructionName(uint32_t function, uint32_t instruction) const;
  const char* InstructionLocation(uint32_t function, uint32_t instruction) const;
  const List<FileMap>& files() const { return files_; }

 private:
  struct Range {
    const uint8_t* data;
    uint64_t size;
  };
  Status LoadMemory(const uint8_t* data, uint64_t size, Error& error);
  Status LoadBytes(const uint8_t* data, uint64_t size, const char* folder, Error& error);
  bool HasGuard(const uint8_t* end) const;
  Status LoadTables(const uint8_t* data, uint64_t size, Error& error);
  Status LoadSegments(const uint8_t* data, uint64_t size, const char* folder, Error& error);
  Status LoadExternal(const char* name, uint64_t size, const char* folder, Range* out, Error& error);
  Status LoadDebug(Error& error);
  void CountEntries();
  Status CheckInterfaces(Error& error) const;
  void FindQuantizations();
  Status DecodeConstants(Error& error);
  const schema::DebugInstruction* DebugOf(uint32_t function, uint32_t instruction) const;

  List<FileMap> files_;
  Block copy_;
  uint64_t max_memory_ = 0;
  uint64_t size_ = 0;
  uint64_t tables_size_ = 0;
  uint32_t entry_count_ = 0;
  const schema::Program* tables_ = nullptr;
  const schema::Debug* debug_ = nullptr;
  List<Range> segments_;
  List<Quantization> quantizations_;
  List<Block> decoded_;  // by constant; empty where it is none that is made of another
};

}  // namespace mtc

#endif  // MTC_PROGRAM_PROGRAM_H_
