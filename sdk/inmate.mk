# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Builds an inmate with GNU make. A project's Makefile sets NAME, and what of these it likes, and includes this file.
#
#   SOURCES         C, C++ (.cpp) and assembly (.S) files (default: NAME.c)
#   CC, CXX         gcc or clang, g++ or clang++
#   BITS            64 or 32 (default: 64)
#   RESET_ADDRESS   0xffff0 or 0, as cpuResetAddress of the cell's configuration says (default: 0xffff0)
#   CFLAGS, CXXFLAGS, LDFLAGS, OBJCOPY
#
# Makes NAME.bin, the image, and below build/ NAME.elf, the same with symbols for a debugger.

JAILHOUSE_SDK := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))

ifndef NAME
$(error NAME is not set: the inmate's name, before inmate.mk is included)
endif

SOURCES ?= $(NAME).c
BITS ?= 64
RESET_ADDRESS ?= 0xffff0
CFLAGS ?= -O2 -g -Wall -Wextra
CXXFLAGS ?= $(CFLAGS)

ifeq ($(filter $(BITS),64 32),)
$(error BITS is $(BITS): it must be 64 or 32)
endif
ifeq ($(filter $(RESET_ADDRESS),0xffff0 0),)
$(error RESET_ADDRESS is $(RESET_ADDRESS): it must be 0xffff0 or 0)
endif
jh_cc := $(shell command -v $(firstword $(CC)) 2>/dev/null)
ifeq ($(jh_cc),)
$(error There is no compiler $(CC). Install one (Debian: sudo apt-get install gcc, or clang lld), or say which: make CC=...)
endif

# clang makes code for x86 on any computer, with its own linker; a gcc must be one for x86.
ifneq ($(findstring clang,$(shell $(CC) --version 2>/dev/null)),)
JH_TARGET := $(if $(filter 64,$(BITS)),--target=x86_64-linux-gnu,--target=i686-linux-gnu)
JH_LINKER := $(if $(findstring /,$(shell $(CC) -print-prog-name=ld.lld)),-fuse-ld=lld)
jh_objcopy := llvm-objcopy objcopy
else
JH_TARGET := -m$(BITS)
jh_objcopy := objcopy
endif
# 64-bit code calculates by SSE2 anyway. For 32 bits compilers disagree (gcc's default is x87, which keeps a double in 80 bits until it is
# stored; clang's is SSE2): with these a double is a double, and a program says the same at both widths. Before CFLAGS, which may differ:
# a program without floating point takes -mgeneral-regs-only.
ifeq ($(BITS)$(filter -mgeneral-regs-only -mno-sse -mno-sse2,$(CFLAGS) $(CXXFLAGS)),32)
JH_FLOAT := -msse2 -mfpmath=sse
endif
OBJCOPY ?= $(firstword $(foreach name,$(jh_objcopy),$(shell command -v $(shell $(CC) -print-prog-name=$(name)) 2>/dev/null)))
ifeq ($(OBJCOPY),)
$(error There is no objcopy. Install one (Debian: sudo apt-get install binutils, or llvm), or say which: make OBJCOPY=...)
endif

JH_LAYOUT := $(BITS)-$(RESET_ADDRESS)-$(notdir $(firstword $(CC)))
JH_BUILD := build/$(JH_LAYOUT)
JH_DEFINES := -DJH_RESET_ADDRESS=$(RESET_ADDRESS) -I$(JAILHOUSE_SDK)/include -I$(JAILHOUSE_SDK)/start
JH_COMPILE := @$(JAILHOUSE_SDK)/compile.flags $(JH_DEFINES) -MMD -MP

JH_OWN := $(wildcard $(JAILHOUSE_SDK)/start/*.[cS] $(JAILHOUSE_SDK)/lib/*.c)
JH_OBJECTS := $(patsubst $(JAILHOUSE_SDK)/%,$(JH_BUILD)/sdk/%.o,$(JH_OWN)) $(SOURCES:%=$(JH_BUILD)/%.o)
JH_IMAGE := $(JH_BUILD)/$(NAME)
# Instructions that the compiler does not write out are functions of its library, if it has that for this width.
JH_LIBRARY := $(wildcard $(shell $(CC) $(JH_TARGET) -print-libgcc-file-name 2>/dev/null))
JH_LINK = $(CC) $(JH_TARGET) $(JH_LINKER) @$(JAILHOUSE_SDK)/link.flags -Wl,-T,$(JH_BUILD)/inmate.ld $(LDFLAGS)

.PHONY: all clean help FORCE
all: $(JH_IMAGE).bin $(JH_IMAGE).elf
	@cmp -s $< $(NAME).bin || cp $< $(NAME).bin
	@echo "$(NAME).bin: $(BITS)-bit, for cells that start at $(RESET_ADDRESS); make help says how to run it"

$(JH_IMAGE).elf: $(JH_OBJECTS) $(JH_BUILD)/inmate.ld
	$(JH_LINK) -o $@ $(JH_OBJECTS) $(JH_LIBRARY)

$(JH_IMAGE).bin: $(JH_IMAGE).elf
	$(OBJCOPY) -O binary $< $@

$(JH_BUILD)/inmate.ld: $(JAILHOUSE_SDK)/start/inmate.ld $(JAILHOUSE_SDK)/include/jailhouse-layout.h
	@mkdir -p $(@D)
	$(CC) $(JH_TARGET) $(JH_DEFINES) -E -P -x c -o $@ $<

$(JH_BUILD)/sdk/%.c.o: $(JAILHOUSE_SDK)/%.c
	@mkdir -p $(@D)
	$(CC) $(JH_TARGET) $(JH_FLOAT) $(CFLAGS) $(JH_COMPILE) -c -o $@ $<

$(JH_BUILD)/sdk/%.S.o: $(JAILHOUSE_SDK)/%.S
	@mkdir -p $(@D)
	$(CC) $(JH_TARGET) $(JH_DEFINES) -c -o $@ $<

$(JH_BUILD)/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(JH_TARGET) $(JH_FLOAT) $(CFLAGS) $(JH_COMPILE) -c -o $@ $<

$(JH_BUILD)/%.cpp.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(JH_TARGET) $(JH_FLOAT) $(CXXFLAGS) $(JH_COMPILE) @$(JAILHOUSE_SDK)/compile-cxx.flags -c -o $@ $<

$(JH_BUILD)/%.S.o: %.S
	@mkdir -p $(@D)
	$(CC) $(JH_TARGET) $(JH_DEFINES) -c -o $@ $<

# What was built by another compiler or with other flags is built again.
JH_FLAGS := $(subst ','\'',$(CC) $(CXX) $(JH_TARGET) $(JH_FLOAT) $(CFLAGS) $(CXXFLAGS) $(LDFLAGS))
$(JH_OBJECTS): $(JH_BUILD)/flags
$(JH_BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(JH_FLAGS)' | cmp -s - $@ || printf '%s\n' '$(JH_FLAGS)' > $@
FORCE:

# Where the image is loaded, and the system that the commands are for: the emulated PC.
JH_LOAD := $(if $(filter 0,$(RESET_ADDRESS)),0,0xf0000)
JH_SYSTEM := $(JAILHOUSE_SDK)/../configs/qemu-x86.cell

help:
	@echo "make                     builds $(NAME).bin; also: CC=clang BITS=32 RESET_ADDRESS=0"
	@echo "make clean               removes what was built"
	@echo
	@echo "To run it on the emulated PC:"
	@echo "jailhouse enable $(JH_SYSTEM)"
	@echo "jailhouse cell create $(NAME)-cell.ts"
	@echo "jailhouse cell load $(NAME) $(NAME).bin -a $(JH_LOAD)"
	@echo "jailhouse cell start $(NAME)"
	@echo "jailhouse serial 1 -f"
	@echo "jailhouse cell destroy $(NAME)"

clean:
	rm -rf build $(NAME).bin

-include $(JH_OBJECTS:.o=.d)
