// SPDX-License-Identifier: GPL-2.0
/*
 * The hypervisor's console: a page of its memory that Linux may read. What it held when the hypervisor went stays
 * readable, so that a reader gets the last words of a session, and the reason of a refused enable.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "driver.h"

#define POLL_MS		100
#define SNAPSHOT_TRIES	1000
#define NOTE_SIZE	64

/* A session begins with each attempt to enable. @page is NULL after it; @last then has what was there. */
static struct {
	struct mutex lock;
	const struct jh_console_page *page;
	struct jh_console_page last;
	u32 session;
	bool readable;
} console = { .lock = __MUTEX_INITIALIZER(console.lock) };

/* Where the driver began to listen for reasons. */
static u32 marked;

struct reader {
	struct mutex lock;
	u32 session;
	u32 position;
	struct jh_console_page snapshot;
	char text[JH_RING_SIZE + NOTE_SIZE];
};

/* Copies the page while the hypervisor may write to it: whole, unless it never pauses. */
static void take_snapshot(const struct jh_console_page *page, struct jh_console_page *copy)
{
	int tries;

	for (tries = 0; tries < SNAPSHOT_TRIES; tries++) {
		u32 tail = READ_ONCE(page->tail);

		if (READ_ONCE(page->busy)) {
			cpu_relax();
			continue;
		}
		rmb(); /* the text that tail promises */
		memcpy(copy, page, sizeof(*copy));
		rmb(); /* and no newer text */
		if (!READ_ONCE(page->busy) && READ_ONCE(page->tail) == tail)
			break;
	}
	if (tries == SNAPSHOT_TRIES)
		memcpy(copy, page, sizeof(*copy));
}

/* Copies what was written after @from, as far as the ring still has it, to @text. Returns the length. */
static size_t ring_text(const struct jh_console_page *page, u32 from, char *text)
{
	u32 available = min_t(u32, page->tail - from, JH_RING_SIZE);
	u32 start = (page->tail - available) % JH_RING_SIZE;
	u32 straight = min_t(u32, available, JH_RING_SIZE - start);

	memcpy(text, page->content + start, straight);
	memcpy(text + straight, page->content, available - straight);
	return available;
}

/* Puts line ends where @text, as ring_text() has copied it, is a cell's: only the hypervisor's own words remain. */
static void drop_cells(const struct jh_console_page *page, char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		u32 at = (page->tail - length + i) % JH_RING_SIZE;

		if (page->cells[at / 8] >> at % 8 & 1)
			text[i] = '\n';
	}
}

/* Begins a session with the console page at physical @address. */
int jh_console_map(phys_addr_t address, bool readable)
{
	void *page = memremap(address, sizeof(struct jh_console_page), MEMREMAP_WB);

	if (!page)
		return -ENOMEM;
	mutex_lock(&console.lock);
	console.page = page;
	console.session++;
	console.readable = readable;
	mutex_unlock(&console.lock);
	marked = 0;
	return 0;
}

/* Ends a session; harmless if there is none. */
void jh_console_unmap(void)
{
	void *page;

	mutex_lock(&console.lock);
	page = (void *)console.page;
	if (page)
		take_snapshot(console.page, &console.last);
	console.page = NULL;
	mutex_unlock(&console.lock);
	if (page)
		memunmap(page);
}

int jh_console_open(struct file *file)
{
	struct reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL);

	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock);
	mutex_lock(&console.lock);
	reader->session = console.session;
	mutex_unlock(&console.lock);
	file->private_data = reader;
	return 0;
}

void jh_console_close(struct file *file)
{
	kfree(file->private_data);
}

/* Takes the page that @reader is at; false if there is nothing for it. Sessions that it slept through are lost. */
static bool take_page(struct reader *reader)
{
	bool any = false;

	mutex_lock(&console.lock);
	if (reader->session != console.session) {
		reader->session = console.session;
		reader->position = 0;
	}
	if (console.session && console.readable) {
		if (console.page)
			take_snapshot(console.page, &reader->snapshot);
		else
			reader->snapshot = console.last;
		any = reader->snapshot.tail != reader->position;
	}
	mutex_unlock(&console.lock);
	return any;
}

/* New text for @reader, with a note where the ring has lost some. Returns its length. */
static size_t next_text(struct reader *reader)
{
	u32 missed;
	size_t length = 0;

	if (!take_page(reader))
		return 0;
	missed = reader->snapshot.tail - reader->position;
	if (missed > JH_RING_SIZE)
		length = scnprintf(reader->text, NOTE_SIZE, "<missed %u bytes of console log>\n",
				   missed - JH_RING_SIZE);
	return length + ring_text(&reader->snapshot, reader->position, reader->text + length);
}

static bool forbidden(void)
{
	bool result;

	mutex_lock(&console.lock);
	result = console.page && !console.readable;
	mutex_unlock(&console.lock);
	return result;
}

/* Hands over as much of the text as @size allows, counted in bytes of the console. */
static ssize_t deliver(struct reader *reader, char __user *buffer, size_t size, size_t length)
{
	u32 end = reader->snapshot.tail;
	size_t given = min(size, length);

	if (copy_to_user(buffer, reader->text, given))
		return -EFAULT;
	/* Whoever asks for a little of a note gets its rest never: better than text twice. */
	reader->position = end - min_t(size_t, length - given, JH_RING_SIZE);
	return given;
}

static ssize_t read_locked(struct reader *reader, bool wait, char __user *buffer, size_t size)
{
	for (;;) {
		size_t length = next_text(reader);

		if (length)
			return deliver(reader, buffer, size, length);
		if (forbidden())
			return -EPERM;
		if (!wait)
			return 0;
		if (msleep_interruptible(POLL_MS) || signal_pending(current))
			return -ERESTARTSYS;
	}
}

/*
 * read() of the device: the console as an endless stream; without waiting one that ends where nothing is new, as the original's
 * command expects it. -EPERM where the configuration keeps it from Linux.
 */
ssize_t jh_console_read(struct file *file, char __user *buffer, size_t size)
{
	struct reader *reader = file->private_data;
	ssize_t result;

	if (!size)
		return 0;
	if (mutex_lock_interruptible(&reader->lock))
		return -EINTR;
	result = read_locked(reader, !(file->f_flags & O_NONBLOCK), buffer, size);
	mutex_unlock(&reader->lock);
	return result;
}

/* All that the ring of the running session holds, for sysfs: @buffer has a page. */
ssize_t jh_console_text(char *buffer)
{
	struct jh_console_page *copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	ssize_t result = 0;

	if (!copy)
		return -ENOMEM;
	mutex_lock(&console.lock);
	if (console.page && !console.readable) {
		result = -EPERM;
	} else if (console.page) {
		take_snapshot(console.page, copy);
		result = ring_text(copy, copy->tail - min_t(u32, copy->tail, JH_RING_SIZE), buffer);
	}
	mutex_unlock(&console.lock);
	kfree(copy);
	return result;
}

/* Remembers where the console is before a request, for jh_console_explain(). */
void jh_console_mark(void)
{
	mutex_lock(&console.lock);
	marked = console.page ? READ_ONCE(console.page->tail) : 0;
	mutex_unlock(&console.lock);
}

static void report_line(const char *line)
{
	if (strstarts(line, "Refused") || strstarts(line, "FATAL"))
		pr_err("jailhouse: %s\n", line);
}

/* Puts into the kernel's log what the hypervisor has said since the mark about why it refused. */
void jh_console_explain(void)
{
	struct jh_console_page *copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	char *text = kzalloc(JH_RING_SIZE + 1, GFP_KERNEL);
	char *rest = text;
	char *line;

	mutex_lock(&console.lock);
	if (copy && text && console.page && console.readable) {
		take_snapshot(console.page, copy);
		drop_cells(copy, text, ring_text(copy, marked, text));
	}
	mutex_unlock(&console.lock);
	while ((line = strsep(&rest, "\n")))
		report_line(strim(line));
	kfree(text);
	kfree(copy);
}
