# Hot kernels are compiled once for each instruction-set level; the runtime takes the highest one that the processor
# has. Level 0 is what every processor of the target has. The levels are those of enum Isa in core/isa.h.

set(MTC_ISA_FLAGS_1 -mavx2 -mfma -mf16c -mbmi2)
set(MTC_ISA_FLAGS_2 -mavx512f -mavx512bw -mavx512dq -mavx512vl ${MTC_ISA_FLAGS_1} -mprefer-vector-width=512)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(MTC_ISA_LEVELS 3)
else()
  set(MTC_ISA_LEVELS 1)
endif()

target_compile_definitions(mtc_code INTERFACE MTC_ISA_LEVELS=${MTC_ISA_LEVELS})

# Sets `result` to the object files of all selected kernels.
function(mtc_add_kernels result)
  set(objects)
  if(MTC_KERNEL_SOURCES)
    add_library(mtc_kernels OBJECT ${MTC_KERNEL_SOURCES})
    target_link_libraries(mtc_kernels PRIVATE mtc_code)
    target_compile_definitions(mtc_kernels PRIVATE MTC_ISA_LEVEL=0)
    list(APPEND objects $<TARGET_OBJECTS:mtc_kernels>)
  endif()
  if(MTC_HOT_KERNEL_SOURCES)
    math(EXPR last "${MTC_ISA_LEVELS} - 1")
    foreach(level RANGE ${last})
      set(name mtc_hot_kernels_${level})
      add_library(${name} OBJECT ${MTC_HOT_KERNEL_SOURCES})
      set_target_properties(${name} PROPERTIES MTC_IS_HOT ON)
      target_link_libraries(${name} PRIVATE mtc_code)
      target_compile_definitions(${name} PRIVATE MTC_ISA_LEVEL=${level})
      # Infinities, NaNs and signed zeros stay as IEEE 754 has them. What is given up: floating-point exceptions as
      # traps, and the rounding between a multiplication and the addition that follows it.
      target_compile_options(${name} PRIVATE
        ${MTC_OPTIMIZE_HOT} -ftree-vectorize -fno-trapping-math -ffp-contract=fast ${MTC_ISA_FLAGS_${level}})
      list(APPEND objects $<TARGET_OBJECTS:${name}>)
    endforeach()
  endif()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()
