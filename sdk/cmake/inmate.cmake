# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# add_inmate(NAME SOURCES...): makes NAME.bin, the image, and NAME.elf, the same with symbols for a debugger. The project is one
# with the languages C and ASM (and CXX, if it likes), and uses toolchain.cmake.

if(NOT JAILHOUSE_SDK OR NOT CMAKE_OBJCOPY)
  message(FATAL_ERROR "Inmates need the toolchain file, and objcopy: cmake -DCMAKE_TOOLCHAIN_FILE=${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake")
endif()

function(add_inmate name)
  file(GLOB own ${JAILHOUSE_SDK}/start/*.c ${JAILHOUSE_SDK}/start/*.S ${JAILHOUSE_SDK}/lib/*.c)
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}.ld)
  set(layout -DJH_RESET_ADDRESS=${JAILHOUSE_RESET_ADDRESS} -I${JAILHOUSE_SDK}/include)
  add_custom_command(
    OUTPUT ${script}
    COMMAND ${CMAKE_C_COMPILER} ${layout} -E -P -x c -o ${script} ${JAILHOUSE_SDK}/start/inmate.ld
    DEPENDS ${JAILHOUSE_SDK}/start/inmate.ld ${JAILHOUSE_SDK}/include/jailhouse-layout.h
    VERBATIM)
  add_executable(${name} ${ARGN} ${own} ${script})
  set_target_properties(${name} PROPERTIES SUFFIX .elf LINK_DEPENDS ${script})
  target_include_directories(${name} PRIVATE ${JAILHOUSE_SDK}/include ${JAILHOUSE_SDK}/start)
  target_compile_definitions(${name} PRIVATE JH_RESET_ADDRESS=${JAILHOUSE_RESET_ADDRESS})
  target_compile_options(
    ${name}
    PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:@${JAILHOUSE_SDK}/compile.flags>
            $<$<COMPILE_LANGUAGE:CXX>:@${JAILHOUSE_SDK}/compile-cxx.flags>)
  target_link_options(${name} PRIVATE @${JAILHOUSE_SDK}/link.flags -Wl,-T,${script})
  jailhouse_link_tools(${name})
  add_custom_command(
    TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${name}> ${name}.bin
    BYPRODUCTS ${name}.bin
    VERBATIM)
endfunction()

# Clang's own linker, and the compiler's library, where they are installed.
function(jailhouse_link_tools name)
  set(compiler ${CMAKE_C_COMPILER})
  if(CMAKE_C_COMPILER_ID MATCHES Clang)
    list(APPEND compiler --target=${CMAKE_C_COMPILER_TARGET})
    execute_process(COMMAND ${compiler} -print-prog-name=ld.lld OUTPUT_VARIABLE lld OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(IS_ABSOLUTE "${lld}")
      target_link_options(${name} PRIVATE -fuse-ld=lld)
    endif()
  endif()
  execute_process(
    COMMAND ${compiler} -m${JAILHOUSE_BITS} -print-libgcc-file-name
    OUTPUT_VARIABLE library
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(EXISTS "${library}")
    target_link_libraries(${name} PRIVATE ${library})
  endif()
endfunction()
