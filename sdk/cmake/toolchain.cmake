# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# CMake's toolchain file for inmates: gcc or clang (-DCMAKE_C_COMPILER=clang), without an operating system.
#
#   JAILHOUSE_BITS            64 or 32 (default: 64)
#   JAILHOUSE_RESET_ADDRESS   0xffff0 or 0, as cpuResetAddress of the cell's configuration says (default: 0xffff0)
#
# include(${JAILHOUSE_SDK}/cmake/inmate.cmake) then has add_inmate.

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
# There is nothing yet that a program could be linked with.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

get_filename_component(JAILHOUSE_SDK "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)
set(JAILHOUSE_BITS 64 CACHE STRING "64 or 32")
set(JAILHOUSE_RESET_ADDRESS 0xffff0 CACHE STRING "0xffff0 or 0: where the cell's CPUs start")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES JAILHOUSE_BITS JAILHOUSE_RESET_ADDRESS)

if(NOT JAILHOUSE_BITS MATCHES "^(64|32)$")
  message(FATAL_ERROR "JAILHOUSE_BITS is ${JAILHOUSE_BITS}: it must be 64 or 32")
endif()
if(NOT JAILHOUSE_RESET_ADDRESS MATCHES "^(0xffff0|0)$")
  message(FATAL_ERROR "JAILHOUSE_RESET_ADDRESS is ${JAILHOUSE_RESET_ADDRESS}: it must be 0xffff0 or 0")
endif()

foreach(language C CXX ASM)
  # Clang makes code for x86 on any computer; a gcc must be one for x86.
  if(JAILHOUSE_BITS EQUAL 64)
    set(CMAKE_${language}_COMPILER_TARGET x86_64-linux-gnu)
  else()
    set(CMAKE_${language}_COMPILER_TARGET i686-linux-gnu)
  endif()
  set(CMAKE_${language}_FLAGS_INIT "-m${JAILHOUSE_BITS}")
  # As in inmate.mk: a double is a double at both widths.
  if(JAILHOUSE_BITS EQUAL 32 AND NOT language STREQUAL "ASM")
    string(APPEND CMAKE_${language}_FLAGS_INIT " -msse2 -mfpmath=sse")
  endif()
endforeach()
