# Libraries of a finished build of quantc as targets, and what else belongs into
# the installed package: the driver and the runtime that it links into models.
set(QUANTC_SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/..)
set(QUANTC_BUILD ${QUANTC_SOURCE}/build/release CACHE PATH "a build of quantc")
foreach(file lib/libQuantCCalibrate.a lib/libQuantCSupport.a lib/libquantc_rt.a bin/quantc)
  if(NOT EXISTS ${QUANTC_BUILD}/${file})
    message(FATAL_ERROR "no ${QUANTC_BUILD}/${file}: build quantc first (scripts/build), or name "
                        "the build with -C cmake.define.QUANTC_BUILD=FOLDER")
  endif()
endforeach()
find_package(LLVM 22.1 REQUIRED CONFIG PATHS /usr/lib/llvm-22/lib/cmake/llvm)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)

add_library(QuantCCalibrate INTERFACE)
target_include_directories(QuantCCalibrate INTERFACE ${QUANTC_SOURCE}/include)
target_include_directories(QuantCCalibrate SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(QuantCCalibrate INTERFACE
  ${QUANTC_BUILD}/lib/libQuantCCalibrate.a ${QUANTC_BUILD}/lib/libQuantCSupport.a
  LLVM ZLIB::ZLIB Threads::Threads ${CMAKE_DL_LIBS})
install(PROGRAMS ${QUANTC_BUILD}/bin/quantc DESTINATION quantc/bin)
install(FILES ${QUANTC_BUILD}/lib/libquantc_rt.a DESTINATION quantc/lib)
