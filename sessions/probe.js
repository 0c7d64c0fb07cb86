/*lockstep:probe*/ // Tells what a person would see of the first element that matches the selector.
(selector => {
	const page = { url: location.href, title: document.title, ready: document.readyState, content: document.contentType };
	const field = 'select, textarea, input:not([type=button], [type=submit], [type=reset], [type=image], [type=checkbox], [type=radio], [type=file])';
	let found;
	try {
		found = document.querySelectorAll(selector);
	} catch (e) {
		return { ...page, invalid: e.message };
	}
	if (found.length === 0) return { ...page, count: 0 };
	const name = el => el.tagName.toLowerCase() + (el.id ? '#' + el.id : '') +
		[...el.classList].map(c => '.' + c).join('');
	const el = found[0];
	const style = getComputedStyle(el);
	let box = el.getBoundingClientRect();
	const shown = box.width > 0 && box.height > 0 && style.visibility !== 'hidden' && style.display !== 'none';
	let covered = '';
	if (shown) {
		if (box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth) {
			el.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
			box = el.getBoundingClientRect();
		}
		const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
		if (top && top !== el && !el.contains(top) && !top.contains(el)) covered = name(top);
	}
	return {
		...page, count: found.length, name: name(el), tag: el.tagName, type: el.type || '',
		visible: shown, enabled: !el.matches(':disabled'), covered,
		editable: el.isContentEditable || (el.matches(field) && !el.readOnly),
		text: (el.innerText ?? el.textContent ?? '').trim(),
	};
})
