# One function per kind of target. Every library of quantc is static and links
# to the shared libMLIR/libLLVM; the static MLIR component libraries must never
# be named, because two copies of MLIR in one process break option registration.

find_package(MLIR 22.1 REQUIRED CONFIG PATHS /usr/lib/llvm-22/lib/cmake/mlir)
find_package(LLD REQUIRED CONFIG PATHS /usr/lib/llvm-22/lib/cmake/lld)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
list(PREPEND CMAKE_MODULE_PATH "${LLVM_CMAKE_DIR}" "${MLIR_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter -Wno-deprecated-declarations)
add_link_options(-fuse-ld=lld -Wl,--gc-sections)
# LLVM_DEFINITIONS is one string.
separate_arguments(QUANTC_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})
add_compile_options(${QUANTC_LLVM_DEFINITIONS})
if(QUANTC_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

set(QUANTC_MLIR_INCLUDES
    ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS}
    ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)

# The headers that nearly every MLIR source of quantc includes, parsed once.
set(QUANTC_PCH_HEADERS
    <mlir/Dialect/Arith/IR/Arith.h> <mlir/Dialect/Func/IR/FuncOps.h>
    <mlir/Dialect/Linalg/IR/Linalg.h> <mlir/Dialect/MemRef/IR/MemRef.h>
    <mlir/Dialect/SCF/IR/SCF.h> <mlir/Dialect/Tensor/IR/Tensor.h>
    <mlir/Dialect/Vector/IR/VectorOps.h> <mlir/Dialect/Math/IR/Math.h>
    <mlir/IR/BuiltinOps.h> <mlir/IR/PatternMatch.h> <mlir/Pass/Pass.h>
    <mlir/Transforms/GreedyPatternRewriteDriver.h>)

add_library(quantc_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/Precompiled.cpp)
target_include_directories(quantc_pch SYSTEM PRIVATE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_compile_options(quantc_pch PRIVATE -fno-exceptions -fno-rtti)
target_precompile_headers(quantc_pch PRIVATE ${QUANTC_PCH_HEADERS})

# Plain C++: no MLIR header can be found from here.
#   quantc_add_library(NAME SOURCES a.cpp ... LINK QuantCOther ...)
function(quantc_add_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)
  target_include_directories(${name} SYSTEM PUBLIC ${LLVM_INCLUDE_DIRS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} LLVM)
  if(NOT ARG_EXCEPTIONS)
    target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
  endif()
endfunction()

# A library that works on IR: a dialect, a phase, the pipeline.
#   quantc_add_mlir_library(NAME SOURCES ... LINK ... [DEPENDS tablegen-target])
function(quantc_add_mlir_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include)
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(NOT ARG_EXCEPTIONS)
    target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
    target_precompile_headers(${name} REUSE_FROM quantc_pch)
  endif()
  add_dependencies(${name} QuantCHeaders ${ARG_DEPENDS})
endfunction()

# A program in build/<preset>/bin.
function(quantc_add_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} SYSTEM PRIVATE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  add_dependencies(${name} QuantCHeaders)
endfunction()

# A GoogleTest program, run by ctest under its own name.
#   quantc_add_unittest(NAME SOURCES ... LINK ...)
function(quantc_add_unittest name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} SYSTEM PRIVATE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  if(NOT ARG_EXCEPTIONS)
    target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test/unit)
  add_dependencies(${name} QuantCHeaders)
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# Every folder of the list that holds a CMakeLists.txt is a part of the build.
function(quantc_add_parts)
  foreach(part ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${part}/CMakeLists.txt)
      add_subdirectory(${part})
    endif()
  endforeach()
endfunction()
